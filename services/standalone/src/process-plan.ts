import { fileURLToPath } from 'node:url';

/** One process to keep alive. */
export interface PlannedProcess {
  /** `gateway`, `orchestrator`, `node-executor`, `model-proxy`, `retrieval` or `tool-registry`. */
  readonly role: string;
  /** The role, numbered where there are several. */
  readonly name: string;
  /** The file to run. */
  readonly main: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Answers 200 when it may be given work. */
  readonly readyUrl: string;
  /** Where its numbers are. */
  readonly metricsUrl: string;
}

export interface ProcessPlanOptions {
  readonly orchestrators: number;
  readonly executors: number;
  /** Shared by all of them. */
  readonly environment: NodeJS.ProcessEnv;
  /** Free ports, two for each process at least. */
  readonly ports: readonly number[];
}

/** Which processes there are, and how they find each other. */
export function planProcesses({ orchestrators, executors, environment, ports }: ProcessPlanOptions): PlannedProcess[] {
  const free = [...ports];
  const port = () => free.pop() ?? 0;
  const grpcPorts = Array.from({ length: orchestrators }, port);
  const modelProxy = `127.0.0.1:${port()}`;
  const toolRegistry = `127.0.0.1:${port()}`;
  const retrieval = `127.0.0.1:${port()}`;
  const shared = {
    ...environment,
    TREADLE_MODEL_PROXY_GRPC: modelProxy,
    TREADLE_TOOL_REGISTRY_GRPC: toolRegistry,
    TREADLE_RETRIEVAL_GRPC: retrieval,
  };
  const inner = (role: string, name: string, more: NodeJS.ProcessEnv = {}): PlannedProcess => {
    const health = port();
    return {
      role,
      name,
      main: mainOf(role),
      environment: { ...shared, TREADLE_HOST: '127.0.0.1', TREADLE_HEALTH_PORT: String(health), ...more },
      readyUrl: `http://127.0.0.1:${health}/health/ready`,
      metricsUrl: `http://127.0.0.1:${health}/metrics`,
    };
  };
  const httpPort = environment['TREADLE_HTTP_PORT'] ?? '8080';
  const metricsPort = environment['TREADLE_METRICS_PORT'] ?? String(port());
  const orchestratorAddresses = grpcPorts.map((grpc) => `127.0.0.1:${grpc}`).join(',');
  return [
    inner('model-proxy', 'model-proxy'),
    inner('retrieval', 'retrieval'),
    inner('tool-registry', 'tool-registry', { TREADLE_ORCHESTRATOR_GRPC: `ipv4:${orchestratorAddresses}` }),
    ...grpcPorts.map((grpc, index) =>
      inner('orchestrator', `orchestrator-${index + 1}`, { TREADLE_ORCHESTRATOR_GRPC: `127.0.0.1:${grpc}` }),
    ),
    ...Array.from({ length: executors }, (_, index) => inner('node-executor', `node-executor-${index + 1}`)),
    {
      role: 'gateway',
      name: 'gateway',
      main: mainOf('gateway'),
      environment: {
        ...shared,
        TREADLE_ORCHESTRATOR_GRPC: `ipv4:${orchestratorAddresses}`,
        TREADLE_METRICS_PORT: metricsPort,
      },
      readyUrl: `http://127.0.0.1:${httpPort}/health/ready`,
      metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    },
  ];
}

const mainOf = (role: string) => fileURLToPath(new URL(`main.js`, import.meta.resolve(`@treadle/${role}`)));
