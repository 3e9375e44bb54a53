{{/* What every object's name begins with. Kubernetes allows 63 characters; what follows needs at most 30. */}}
{{- define "treadle.name" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 32 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 32 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 32 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which pods are selected: they never change. Takes { root, component }. */}}
{{- define "treadle.selector" -}}
app.kubernetes.io/name: treadle
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of every object. Takes { root, component }. */}}
{{- define "treadle.labels" -}}
{{ include "treadle.podLabels" . }}
app.kubernetes.io/part-of: treadle
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of every pod. None of them names the chart's version, or each upgrade would restart the stores too. Takes { root, component }. */}}
{{- define "treadle.podLabels" -}}
{{ include "treadle.selector" . }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
The image of a component. Takes { root, name: of the image, image: what the component says of it }. A digest wins over a tag. The list of
digests (`image.digests`, by the image's name) is what a release publishes.
*/}}
{{- define "treadle.image" -}}
{{- $all := .root.Values.image -}}
{{- $own := default dict .image -}}
{{- $repository := default (printf "%s/%s" $all.repository .name) $own.repository -}}
{{- $registry := default $all.registry $own.registry -}}
{{- $full := ternary (printf "%s/%s" $registry $repository) $repository (ne $registry "") -}}
{{- $listed := ternary "" (default "" (get $all.digests .name)) (or (hasKey $own "tag") (hasKey $own "repository")) -}}
{{- $digest := default $listed $own.digest -}}
{{- if $digest -}}
{{- printf "%s@%s" $full $digest -}}
{{- else -}}
{{- printf "%s:%s" $full (default (default .root.Chart.AppVersion $all.tag) $own.tag) -}}
{{- end -}}
{{- end -}}

{{/* A value as text. Helm reads numbers as floats, and would write 52428800 as 5.24288e+07. */}}
{{- define "treadle.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ toString . }}{{ end -}}
{{- end -}}
