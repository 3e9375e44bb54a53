{{/*
The names of the Secrets that hold credentials: one that exists already, or one that this chart makes and keeps. Empty where none is needed.
*/}}
{{- define "treadle.secretNames" -}}
{{- $name := include "treadle.name" . -}}
{{- $v := .Values -}}
postgres: {{ default (printf "%s-postgres" $name) $v.postgres.existingSecret | quote }}
keyEncryption: {{ default (printf "%s-key-encryption" $name) $v.keyEncryption.existingSecret | quote }}
apiKey: {{ default (printf "%s-api-key" $name) $v.firstApiKey.existingSecret | quote }}
files: {{ $v.files.existingSecret | quote }}
{{- if $v.nats.enabled }}
nats: {{ default (printf "%s-nats" $name) $v.nats.existingSecret | quote }}
{{- else }}
nats: {{ $v.nats.external.existingSecret | quote }}
{{- end }}
{{- if $v.qdrant.enabled }}
qdrant: {{ default (printf "%s-qdrant" $name) $v.qdrant.existingSecret | quote }}
{{- else if $v.qdrant.external.url }}
qdrant: {{ $v.qdrant.external.existingSecret | quote }}
{{- else }}
qdrant: ""
{{- end }}
{{- end -}}

{{/* The credentials that are ours to make, by what they are of: those that nobody gave and somebody needs. */}}
{{- define "treadle.generated" -}}
{{- $v := .Values -}}
keyEncryption: {{ empty $v.keyEncryption.existingSecret }}
apiKey: {{ empty $v.firstApiKey.existingSecret }}
postgres: {{ and $v.postgres.enabled (empty $v.postgres.existingSecret) }}
nats: {{ and $v.nats.enabled (empty $v.nats.existingSecret) }}
qdrant: {{ and $v.qdrant.enabled (empty $v.qdrant.existingSecret) }}
{{- end -}}

{{/* A value of a Secret that is there already; `otherwise` where there is none. Takes { root, name, key, otherwise }. */}}
{{- define "treadle.kept" -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .name -}}
{{- if and $found $found.data (hasKey $found.data .key) }}{{ get $found.data .key | b64dec }}{{ else }}{{ .otherwise }}{{ end -}}
{{- end -}}
