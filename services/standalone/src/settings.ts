import { type GatewayConfig, gatewayConfig } from '@treadle/gateway';
import { type ModelProxyConfig, modelProxyConfig } from '@treadle/model-proxy';
import { type NodeExecutorConfig, nodeExecutorConfig } from '@treadle/node-executor';
import { type OrchestratorConfig, orchestratorConfig } from '@treadle/orchestrator';
import { type StandaloneConfig, standaloneConfig } from './standalone.config.js';

/** The settings of every service, and those of standalone itself. */
export interface Settings {
  readonly standalone: StandaloneConfig;
  readonly gateway: GatewayConfig;
  readonly orchestrator: OrchestratorConfig;
  readonly nodeExecutor: NodeExecutorConfig;
  readonly modelProxy: ModelProxyConfig;
}

/** @throws FailureError `invalid_argument` naming every bad setting of a service. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  // Ctrl-C is to end within five seconds, running tasks included: what is handed back goes on at the next start.
  const impatient = { TREADLE_SHUTDOWN_GRACE_SECONDS: '2', ...environment };
  return {
    standalone: standaloneConfig.read(environment),
    gateway: gatewayConfig.read(environment),
    orchestrator: orchestratorConfig.read(environment),
    nodeExecutor: nodeExecutorConfig.read(impatient),
    modelProxy: modelProxyConfig.read(environment),
  };
}
