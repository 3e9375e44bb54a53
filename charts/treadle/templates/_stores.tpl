{{/*
The stores of our own: one pod each with a volume. Whoever needs more brings their own (`*.external`, `postgres.existingSecret`).
Takes { root, name, values, user, path, ports, container: lines of the container, temporary: folders by name, volumes: more volumes and where
they are mounted, annotations }.
*/}}
{{- define "treadle.store" }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "treadle.name" .root }}-{{ .name }}
  labels: {{- include "treadle.labels" (dict "root" .root "component" .name) | nindent 4 }}
spec:
  serviceName: {{ include "treadle.name" .root }}-{{ .name }}
  replicas: 1
  selector:
    matchLabels: {{- include "treadle.selector" (dict "root" .root "component" .name) | nindent 6 }}
  persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }
  template:
    metadata:
      labels: {{- include "treadle.podLabels" (dict "root" .root "component" .name) | nindent 8 }}
      {{- with .annotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "treadle.podSecurity" (dict "root" .root "user" .user) | nindent 6 }}
      {{- include "treadle.placement" (dict "root" .root "component" .name "values" .values) | nindent 6 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: {{ .name }}
          image: {{ .values.image }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          {{- .container | nindent 10 }}
          resources: {{- toYaml .values.resources | nindent 12 }}
          securityContext: {{- include "treadle.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - { name: data, mountPath: {{ .path }} }
            - { name: tmp, mountPath: /tmp }
            {{- range $name, $path := default dict .temporary }}
            - { name: {{ $name }}, mountPath: {{ $path }} }
            {{- end }}
            {{- range default list .volumes }}
            - { name: {{ .volume.name }}, mountPath: {{ .path }}, readOnly: true }
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: 256Mi }
        {{- range $name, $path := default dict .temporary }}
        - name: {{ $name }}
          emptyDir: { sizeLimit: 16Mi }
        {{- end }}
        {{- range default list .volumes }}
        - {{- toYaml .volume | nindent 10 }}
        {{- end }}
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
        labels: {{- include "treadle.selector" (dict "root" .root "component" .name) | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .values.storage.className }}
        storageClassName: {{ . | quote }}
        {{- end }}
        resources: { requests: { storage: {{ .values.storage.size }} } }
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "treadle.name" .root }}-{{ .name }}
  labels: {{- include "treadle.labels" (dict "root" .root "component" .name) | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "treadle.selector" (dict "root" .root "component" .name) | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - { name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}, protocol: TCP }
    {{- end }}
{{- end -}}
