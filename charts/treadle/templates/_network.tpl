{{/*
Who speaks to whom. A component's `needs` are the whole table: from them come its settings, where it may go (egress), and a label for each
whom it calls, `calls.treadle.dev/<component>`. Who is called lets in the pods with that label, so a new caller changes nobody else's policy.
*/}}

{{/* What runs once, and what it needs. */}}
{{- define "treadle.tasks" -}}
backup: [postgres, qdrant]
migrate: [postgres]
test: [gateway]
{{- end -}}

{{/*
Where a component may go, as a list of `{ to, port }`. `to: internet` is everything outside the cluster's own ranges; `to: external` a store
that is not of this release. Takes { root, needs }.
*/}}
{{- define "treadle.targets" -}}
{{- $v := .root.Values -}}
{{- $services := include "treadle.services" .root | fromYaml -}}
{{- $found := list -}}
{{- range .needs }}
{{- if eq . "gateway" }}
{{- $found = append $found (dict "to" "gateway" "port" 8080) }}
{{- else if hasKey $services . }}
{{- $other := get $services . }}
{{- $found = append $found (dict "to" $other.component "port" $other.ports.grpc) }}
{{- else if or (has . (list "postgres" "nats")) (and (eq . "qdrant") (or $v.qdrant.enabled $v.qdrant.external.url)) }}
{{- $store := get $v . }}
{{- $found = append $found (ternary (dict "to" . "port" (get (dict "postgres" 5432 "nats" 4222 "qdrant" 6333) .)) (dict "to" "external" "port" $store.port) $store.enabled) }}
{{- else if and (eq . "files") $v.files.existingSecret }}
{{- $found = append $found (dict "to" "external" "port" $v.files.port) }}
{{- else if eq . "internet" }}
{{- $found = append $found (dict "to" "internet") }}
{{- end }}
{{- end }}
{{- toJson $found -}}
{{- end -}}

{{/* The labels by which a pod is let in. Takes { root, needs }. */}}
{{- define "treadle.callLabels" -}}
{{- range include "treadle.targets" . | fromJsonArray }}
{{- if not (has .to (list "internet" "external")) }}
calls.treadle.dev/{{ .to }}: "true"
{{- end }}
{{- end }}
{{- end -}}

{{/* The part of `internalRanges` of one family. Takes { ranges, six }. */}}
{{- define "treadle.ranges" -}}
{{- $kept := list -}}
{{- range .ranges }}{{- if eq (contains ":" .) $.six }}{{- $kept = append $kept . }}{{- end }}{{- end -}}
{{- toYaml $kept -}}
{{- end -}}

{{/* One rule of egress. Takes { root, target }. */}}
{{- define "treadle.egressRule" -}}
{{- $policy := .root.Values.networkPolicies -}}
{{- if eq .target.to "internet" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: {{- include "treadle.ranges" (dict "ranges" $policy.internalRanges "six" false) | nindent 10 }}
    - ipBlock:
        cidr: ::/0
        except: {{- include "treadle.ranges" (dict "ranges" $policy.internalRanges "six" true) | nindent 10 }}
{{- else if eq .target.to "external" -}}
- ports: [{ protocol: TCP, port: {{ .target.port }} }]
  {{- with $policy.externalTo }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- else -}}
- to:
    - podSelector:
        matchLabels: {{- include "treadle.selector" (dict "root" .root "component" .target.to) | nindent 10 }}
  ports: [{ protocol: TCP, port: {{ .target.port }} }]
{{- end }}
{{- end -}}

{{/*
The policy of one component. Takes { root, component, needs, serves: port that its callers reach, open: port for everybody allowed to reach
the gateway, watched: port of its metrics, egress: more rules }.
*/}}
{{- define "treadle.networkPolicy" -}}
{{- $root := .root -}}
{{- $policy := $root.Values.networkPolicies -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "treadle.name" $root }}-{{ .component }}
  labels: {{- include "treadle.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "treadle.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- $watched := and .watched $policy.monitorFrom }}
  {{- if or .serves .open $watched }}
  ingress:
    {{- with .serves }}
    - from:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: treadle
              app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
              calls.treadle.dev/{{ $.component }}: "true"
      ports: [{ protocol: TCP, port: {{ . }} }]
    {{- end }}
    {{- with .open }}
    - ports: [{ protocol: TCP, port: {{ . }} }]
      {{- with $policy.gatewayFrom }}
      from: {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
    {{- if $watched }}
    - ports: [{ protocol: TCP, port: {{ .watched }} }]
      from: {{- toYaml $policy.monitorFrom | nindent 8 }}
    {{- end }}
  {{- end }}
  {{- if or .needs .egress }}
  egress:
    {{- if .needs }}
    - to:
        - namespaceSelector: {}
          podSelector:
            matchLabels: {{- toYaml $policy.dnsPodLabels | nindent 14 }}
      ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
    {{- end }}
    {{- range include "treadle.targets" . | fromJsonArray }}
    {{- include "treadle.egressRule" (dict "root" $root "target" .) | nindent 4 }}
    {{- end }}
    {{- with .egress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}
