{{/* What every pod is: restricted, without a token of the API server. Takes { root, user }. */}}
{{- define "treadle.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "treadle.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Where pods are put. Over zones and hosts unless the values say otherwise. Takes { root, component, values }. */}}
{{- define "treadle.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .values.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
topologySpreadConstraints:
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "treadle.selector" $ | nindent 8 }}
{{- end }}
{{- end -}}

{{/*
The pod of a service or of a pool of executors. Takes { root, service, values }. Its secrets are part of its template by their names alone: a
changed value needs `kubectl rollout restart`, and a changed setting rolls out by itself.
*/}}
{{- define "treadle.pod" -}}
{{- $health := default (dict "path" "/health" "port" "health") .service.health -}}
{{- $scheme := ternary "HTTPS" "HTTP" (and (has "apiKey" .service.needs) (not (empty .root.Values.gateway.tls.existingSecret))) -}}
metadata:
  labels:
    {{- include "treadle.podLabels" (dict "root" .root "component" .service.component) | nindent 4 }}
    {{- include "treadle.callLabels" (dict "root" .root "needs" .service.needs) | trim | nindent 4 }}
  {{- with .service.pool }}
    treadle.dev/pool: {{ . | quote }}
  {{- end }}
  {{- with .values.version }}
    app.kubernetes.io/version: {{ . | quote }}
  {{- end }}
  {{- with .values.podLabels }}
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "treadle.podSecurity" (dict "root" .root "user" 10001) | nindent 2 }}
  {{- include "treadle.placement" (dict "root" .root "component" .service.component "values" .values) | nindent 2 }}
  terminationGracePeriodSeconds: {{ .service.graceSeconds }}
  containers:
    - name: {{ default .service.component .service.image }}
      {{- include "treadle.serviceContainer" . | nindent 6 }}
      ports:
        {{- range $name, $port := .service.ports }}
        - { name: {{ $name }}, containerPort: {{ $port }}, protocol: TCP }
        {{- end }}
      {{- if .service.stopsLate }}
      # Until nobody is sent here any more, which a cluster needs some seconds to agree on.
      lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
      {{- end }}
      # Migrations are part of a start and may take their time.
      startupProbe:
        httpGet: { path: {{ $health.path }}/startup, port: {{ $health.port }}, scheme: {{ $scheme }} }
        periodSeconds: 2
        failureThreshold: 150
      readinessProbe:
        httpGet: { path: {{ $health.path }}/ready, port: {{ $health.port }}, scheme: {{ $scheme }} }
        periodSeconds: 3
        timeoutSeconds: 3
        failureThreshold: 2
      # Asks no dependency: a restart would not mend a database.
      livenessProbe:
        httpGet: { path: {{ $health.path }}/live, port: {{ $health.port }}, scheme: {{ $scheme }} }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
  {{- include "treadle.serviceVolumes" . | nindent 2 }}
{{- end -}}

{{/* What a service's container is wherever it runs: image, settings, room. Takes { root, service, values }. */}}
{{- define "treadle.serviceContainer" -}}
image: {{ include "treadle.image" (dict "root" .root "image" .values.image "name" (default .service.component .service.image)) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- with .values.command }}
command: {{- toYaml . | nindent 2 }}
{{- end }}
env: {{- include "treadle.environment" . | trim | nindent 2 }}
resources: {{- toYaml .values.resources | nindent 2 }}
securityContext: {{- include "treadle.containerSecurity" . | nindent 2 }}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- range $name, $volume := include "treadle.volumesOf" . | fromYaml }}
  - { name: {{ $name }}, mountPath: {{ $volume.path }}{{ if $volume.readOnly }}, readOnly: true{{ end }} }
  {{- end }}
{{- end -}}

{{- define "treadle.serviceVolumes" -}}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: {{ .values.temporarySpace }} }
  {{- range $name, $volume := include "treadle.volumesOf" . | fromYaml }}
  - name: {{ $name }}
    {{- toYaml $volume.source | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The volumes of a component beside /tmp, by name. Takes { root, service }. */}}
{{- define "treadle.volumesOf" -}}
{{- $v := .root.Values -}}
{{- $all := dict -}}
{{- if and (has "files" .service.needs) (not $v.files.existingSecret) }}
{{- $claim := default (printf "%s-files" (include "treadle.name" .root)) $v.files.existingClaim }}
{{- $_ := set $all "files" (dict "path" "/var/lib/treadle/files" "source" (dict "persistentVolumeClaim" (dict "claimName" $claim))) }}
{{- end }}
{{- if and (has "apiKey" .service.needs) $v.gateway.tls.existingSecret }}
{{- $_ := set $all "tls" (dict "path" "/etc/treadle/tls" "readOnly" true "source" (dict "secret" (dict "secretName" $v.gateway.tls.existingSecret))) }}
{{- end }}
{{- with $v.trustedCa.configMap }}
{{- $items := list (dict "key" $v.trustedCa.key "path" "ca.crt") }}
{{- $_ := set $all "ca" (dict "path" "/etc/treadle/ca" "readOnly" true "source" (dict "configMap" (dict "name" . "items" $items))) }}
{{- end }}
{{- toYaml $all -}}
{{- end -}}
