{{/*
Settings of a component: those that follow from what it needs, then its own, which win. Secrets come last and are never overridden by a plain
value. Takes { root, service, values }.
*/}}
{{- define "treadle.environment" -}}
{{- $root := .root -}}
{{- $needs := .service.needs -}}
{{- $services := include "treadle.services" $root | fromYaml -}}
{{- $names := include "treadle.secretNames" $root | fromYaml -}}
{{- $plain := dict "TREADLE_HOST" "0.0.0.0" "NODE_ENV" "production" "TREADLE_LOG_LEVEL" $root.Values.logLevel -}}
{{- with .service.ports.health }}{{- $_ := set $plain "TREADLE_HEALTH_PORT" . }}{{- end -}}
{{- with .service.ports.metrics }}{{- $_ := set $plain "TREADLE_METRICS_PORT" . }}{{- end -}}
{{- with .service.ports.http }}{{- $_ := set $plain "TREADLE_HTTP_PORT" . }}{{- end -}}
{{- with .service.ports.grpc }}{{- $_ := set $plain (include "treadle.grpcSetting" $.service.component) (printf "0.0.0.0:%v" .) }}{{- end -}}
{{- range $needs }}
{{- with get $services . }}
{{- $_ := set $plain (include "treadle.grpcSetting" .component) (include "treadle.grpcAddress" (dict "root" $root "component" .component "port" .ports.grpc)) }}
{{- end }}
{{- end }}
{{- if and (has "nats" $needs) (not $names.nats) }}{{- $_ := set $plain "NATS_URL" $root.Values.nats.external.url }}{{- end }}
{{- if and (has "files" $needs) (not $names.files) }}{{- $_ := set $plain "FILES_URL" "file:///var/lib/treadle/files" }}{{- end }}
{{- if and (has "qdrant" $needs) (or $root.Values.qdrant.enabled $root.Values.qdrant.external.url) }}
{{- $_ := set $plain "TREADLE_VECTOR_STORE" "qdrant" }}
{{- $_ := set $plain "QDRANT_URL" (include "treadle.qdrantUrl" $root) }}
{{- end }}
{{- with .service.connections }}{{- $_ := set $plain . $root.Values.postgres.connectionsPerReplica }}{{- end }}
{{- if and (has "apiKey" $needs) $root.Values.gateway.tls.existingSecret }}
{{- $_ := set $plain "TREADLE_TLS_CERTIFICATE_PATH" "/etc/treadle/tls/tls.crt" }}
{{- $_ := set $plain "TREADLE_TLS_KEY_PATH" "/etc/treadle/tls/tls.key" }}
{{- end }}
{{- if $root.Values.trustedCa.configMap }}{{- $_ := set $plain "NODE_EXTRA_CA_CERTS" "/etc/treadle/ca/ca.crt" }}{{- end }}
{{- $all := mergeOverwrite $plain (default dict .service.settings) (default dict .values.environment) -}}
{{- $secret := include "treadle.secretEnvironment" . | fromYamlArray -}}
{{- range $name := keys $all | sortAlpha }}
- name: {{ $name | quote }}
  value: {{ include "treadle.text" (get $all $name) | quote }}
{{- end }}
{{- range $secret }}
- name: {{ .name | quote }}
  valueFrom: { secretKeyRef: { name: {{ .secret | quote }}, key: {{ .key | quote }} } }
{{- end }}
{{- end -}}

{{/* The settings that come from Secrets, as `{ name, secret, key }`. Takes { root, service, values }. */}}
{{- define "treadle.secretEnvironment" -}}
{{- $needs := .service.needs -}}
{{- $names := include "treadle.secretNames" .root | fromYaml -}}
{{- $from := list
  (list "postgres" "DATABASE_URL" $names.postgres "url")
  (list "nats" "NATS_URL" $names.nats "url")
  (list "files" "FILES_URL" $names.files "url")
  (list "qdrant" "QDRANT_API_KEY" $names.qdrant "apiKey")
  (list "keyEncryption" "TREADLE_KEY_ENCRYPTION_KEY" $names.keyEncryption "key")
  (list "apiKey" "TREADLE_API_KEY" $names.apiKey "key") -}}
{{- $found := list -}}
{{- range $from }}
{{- if and (has (index . 0) $needs) (index . 2) }}{{- $found = append $found (dict "name" (index . 1) "secret" (index . 2) "key" (index . 3)) }}{{- end }}
{{- end }}
{{- with .root.Values.serviceTls.existingSecret }}
{{- $found = append $found (dict "name" "TREADLE_SERVICE_TLS_CA" "secret" . "key" "ca.crt") }}
{{- $found = append $found (dict "name" "TREADLE_SERVICE_TLS_CERTIFICATE" "secret" . "key" "tls.crt") }}
{{- $found = append $found (dict "name" "TREADLE_SERVICE_TLS_KEY" "secret" . "key" "tls.key") }}
{{- end }}
{{- concat $found (default list .values.environmentFrom) | toYaml -}}
{{- end -}}

{{- define "treadle.qdrantUrl" -}}
{{- if .Values.qdrant.enabled -}}
{{- printf "http://%s-qdrant.%s.svc:6333" (include "treadle.name" .) .Release.Namespace -}}
{{- else -}}
{{- .Values.qdrant.external.url -}}
{{- end -}}
{{- end -}}

{{- define "treadle.natsMonitor" -}}
{{- if .Values.nats.enabled -}}
{{- printf "%s-nats.%s.svc:8222" (include "treadle.name" .) .Release.Namespace -}}
{{- else -}}
{{- .Values.nats.external.monitor -}}
{{- end -}}
{{- end -}}
