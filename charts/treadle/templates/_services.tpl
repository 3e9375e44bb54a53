{{/*
The services: what each needs, and from whom. `needs` decides which settings it gets and which connections the network policies allow, so
that the two cannot differ. Names are those of `.Values.services`. Executors are not in it: see `treadle.executor`.
*/}}
{{- define "treadle.services" -}}
gateway:
  component: gateway
  health: { path: /health, port: http }
  ports: { http: 8080, metrics: 9090 }
  needs: [postgres, nats, files, keyEncryption, apiKey, orchestrator, modelProxy, toolRegistry, retrieval]
  connections: TREADLE_GATEWAY_DATABASE_CONNECTIONS
orchestrator:
  component: orchestrator
  ports: { grpc: 50052, health: 8081 }
  needs: [postgres, nats, files, keyEncryption]
  connections: TREADLE_ORCHESTRATOR_DATABASE_CONNECTIONS
modelProxy:
  component: model-proxy
  ports: { grpc: 50051, health: 8081 }
  needs: [postgres, nats, keyEncryption, internet]
  connections: TREADLE_MODEL_PROXY_DATABASE_CONNECTIONS
toolRegistry:
  component: tool-registry
  ports: { grpc: 50053, health: 8081 }
  needs: [postgres, keyEncryption, orchestrator, internet]
  connections: TREADLE_TOOL_REGISTRY_DATABASE_CONNECTIONS
retrieval:
  component: retrieval
  ports: { grpc: 50054, health: 8081 }
  needs: [postgres, nats, files, qdrant, modelProxy, internet]
  connections: TREADLE_RETRIEVAL_DATABASE_CONNECTIONS
{{- end -}}

{{/*
A pool of executors as the templates take it. Takes { name, pool }. One that may not leave the cluster has no `internet`; one whose
`isolated` is set talks to nobody but NATS, so its nodes can call no model, tool or dataset, and keeps large values to itself. What runs when
it is told to stop gets as long as a node may take; then comes handing back.
*/}}
{{- define "treadle.executor" -}}
component: executor-{{ .name }}
image: node-executor
pool: {{ .name | quote }}
ports: { health: 8081 }
{{- if .pool.isolated }}
needs: [nats]
{{- else }}
needs: [nats, files, modelProxy, toolRegistry, retrieval{{ if .pool.internet }}, internet{{ end }}]
{{- end }}
consumers: {{ default (list .name) .pool.pools | toJson }}
graceSeconds: {{ add .pool.longestNodeSeconds 30 }}
settings:
  TREADLE_POOLS: {{ join "," (default (list .name) .pool.pools) | quote }}
  TREADLE_POOL_CONCURRENCY: {{ .pool.concurrency | quote }}
  TREADLE_SHUTDOWN_GRACE_SECONDS: {{ .pool.longestNodeSeconds | quote }}
  {{- if .pool.isolated }}
  FILES_URL: file:///tmp/files
  {{- end }}
{{- end -}}

{{/*
Everything that runs: by component `{ service, values }`, each with the defaults below its own values. A pool's entry is made of that pool
alone, so nothing else changes with it; but `nodeTypes` are the orchestrator's to know.
*/}}
{{- define "treadle.workloads" -}}
{{- $services := include "treadle.services" . | fromYaml -}}
{{- $typePools := list -}}
{{- range $name, $pool := .Values.executors }}{{- range $pool.nodeTypes }}{{- $typePools = append $typePools (printf "%s=%s" . (first (default (list $name) $pool.pools))) }}{{- end }}{{- end -}}
{{- if $typePools }}{{- $_ := set $services.orchestrator "settings" (dict "TREADLE_TYPE_POOLS" (join "," (sortAlpha $typePools))) }}{{- end -}}
{{- $all := dict -}}
{{- range $key, $service := $services }}
{{- $values := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy (get $.Values.services $key)) }}
{{- $_ := set $service "graceSeconds" $values.terminationGracePeriodSeconds }}
{{- $_ := set $service "stopsLate" true }}
{{- $_ := set $all $service.component (dict "service" $service "values" $values) }}
{{- end }}
{{- with .Values.gateway.canary }}
{{- if .enabled }}
{{- $canary := deepCopy (get $all "gateway") }}
{{- $_ := set $canary.service "component" "gateway-canary" }}
{{- $_ := set $canary.service "image" "gateway" }}
{{- $_ := set $canary.values "replicas" .replicas }}
{{- $_ := set $canary.values "scaling" dict }}
{{- $_ := set $canary.values "image" (mergeOverwrite (default dict $canary.values.image) (dict "tag" .version "digest" "")) }}
{{- $_ := set $all "gateway-canary" $canary }}
{{- end }}
{{- end }}
{{- range $name, $pool := .Values.executors }}
{{- $values := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy (default dict $pool)) }}
{{- with $values.version }}{{- $_ := set $values "image" (mergeOverwrite (dict "tag" .) (default dict $values.image)) }}{{- end }}
{{- $service := include "treadle.executor" (dict "name" $name "pool" $values) | fromYaml }}
{{- $_ := set $all $service.component (dict "service" $service "values" $values) }}
{{- end }}
{{- toJson $all -}}
{{- end -}}

{{/* The address by which clients reach the pods of a service, each of them in turn. Takes { root, component, port }. */}}
{{- define "treadle.grpcAddress" -}}
{{- printf "dns:///%s-%s.%s.svc:%v" (include "treadle.name" .root) .component .root.Release.Namespace .port -}}
{{- end -}}

{{- define "treadle.grpcSetting" -}}
{{- printf "TREADLE_%s_GRPC" (. | replace "-" "_" | upper) -}}
{{- end -}}
