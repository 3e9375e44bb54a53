{{/*
Takes { root, service, values }. Where something scales it, the number of replicas is not ours to say. During a restore nobody may write, so
nothing runs.
*/}}
{{- define "treadle.deployment" }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "treadle.name" .root }}-{{ .service.component }}
  labels: {{- include "treadle.labels" (dict "root" .root "component" .service.component) | nindent 4 }}
spec:
  {{- if .root.Values.backup.restoreFrom }}
  replicas: 0
  {{- else if not (or .values.scaling.hpa .values.scaling.keda) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels: {{- include "treadle.selector" (dict "root" .root "component" .service.component) | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template: {{- include "treadle.pod" . | nindent 4 }}
{{- end -}}
