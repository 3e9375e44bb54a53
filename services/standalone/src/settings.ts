import { type GatewayConfig, gatewayConfig } from '@treadle/gateway';
import { type ModelProxyConfig, modelProxyConfig } from '@treadle/model-proxy';
import { type NodeExecutorConfig, nodeExecutorConfig } from '@treadle/node-executor';
import { type OrchestratorConfig, orchestratorConfig } from '@treadle/orchestrator';
import { type RetrievalConfig, retrievalConfig } from '@treadle/retrieval';
import { type ToolRegistryConfig, toolRegistryConfig } from '@treadle/tool-registry';
import { withKeyFile } from './key-file.js';
import { type StandaloneConfig, standaloneConfig } from './standalone.config.js';

/** The settings of every service, and those of standalone itself. */
export interface Settings {
  readonly standalone: StandaloneConfig;
  readonly gateway: GatewayConfig;
  readonly orchestrator: OrchestratorConfig;
  readonly nodeExecutor: NodeExecutorConfig;
  readonly modelProxy: ModelProxyConfig;
  readonly retrieval: RetrievalConfig;
  readonly toolRegistry: ToolRegistryConfig;
}

/**
 * Reads everything; the key for stored secrets is made where there is none yet.
 * @throws FailureError `invalid_argument` naming every bad setting of a service.
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  // Ctrl-C is to end within five seconds, running tasks included: what is handed back goes on at the next start.
  const impatient = { TREADLE_SHUTDOWN_GRACE_SECONDS: '2', ...environment };
  const standalone = standaloneConfig.read(environment);
  const withKey = withKeyFile(environment, standalone.dataDir);
  return {
    standalone,
    gateway: gatewayConfig.read(withKey),
    orchestrator: orchestratorConfig.read(withKey),
    nodeExecutor: nodeExecutorConfig.read(impatient),
    modelProxy: modelProxyConfig.read(withLocalModels(withKey)),
    retrieval: retrievalConfig.read(environment),
    toolRegistry: toolRegistryConfig.read(withKey),
  };
}

/** Who runs everything on one machine usually has model servers there too; `TREADLE_MODEL_HTTP_ALLOW` says otherwise. */
export function withLocalModels(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { TREADLE_MODEL_HTTP_ALLOW: allow, TREADLE_MODEL_HTTP_ALLOW_FILE: file } = environment;
  return allow || file ? environment : { ...environment, TREADLE_MODEL_HTTP_ALLOW: '127.0.0.0/8,::1' };
}
