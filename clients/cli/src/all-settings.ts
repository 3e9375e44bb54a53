import { type ConfigRow, describeConfig, serviceTlsConfig } from '@treadle/config';
import { migrateOnlyConfig } from '@treadle/persistence';

/** A setting, with the programs that read it. */
export interface SettingRow extends ConfigRow {
  readonly services: readonly string[];
}

/** Reads no server: the settings are part of the programs. */
export async function allSettings(): Promise<SettingRow[]> {
  const rows = new Map<string, SettingRow>();
  for (const [service, settings] of await describeServices()) {
    for (const row of settings) {
      // The same name may mean something else elsewhere, like the address to listen on.
      const key = JSON.stringify([row.name, row.default, row.meaning]);
      const services = [...(rows.get(key)?.services ?? []), service];
      rows.set(key, { ...row, services });
    }
  }
  return [...rows.values()];
}

/** Loaded only when asked for: the services bring their whole framework along. */
async function describeServices(): Promise<[string, readonly ConfigRow[]][]> {
  const [standalone, gateway, orchestrator, executor, proxy, retrieval, tools] = await Promise.all([
    import('@treadle/standalone'),
    import('@treadle/gateway'),
    import('@treadle/orchestrator'),
    import('@treadle/node-executor'),
    import('@treadle/model-proxy'),
    import('@treadle/retrieval'),
    import('@treadle/tool-registry'),
  ]);
  return [
    ['standalone', describeConfig(standalone.standaloneConfig)],
    ['gateway', describeConfig(gateway.gatewayProcessConfig)],
    ['orchestrator', describeConfig(orchestrator.orchestratorProcessConfig)],
    ['node-executor', describeConfig(executor.nodeExecutorProcessConfig)],
    ['model-proxy', describeConfig(proxy.modelProxyProcessConfig)],
    ['retrieval', describeConfig(retrieval.retrievalProcessConfig)],
    ['tool-registry', describeConfig(tools.toolRegistryProcessConfig)],
    ['every service', [...describeConfig(serviceTlsConfig), logLevel]],
    ['every service with a database', describeConfig(migrateOnlyConfig)],
    ['cli', cliSettings],
  ];
}

/** The logger reads it before any configuration can be wrong. */
const logLevel: ConfigRow = {
  name: 'TREADLE_LOG_LEVEL',
  default: 'info',
  meaning: 'What is logged: trace, debug, info, warn, error, fatal or silent.',
  secret: false,
  required: false,
};

const cliSettings: readonly ConfigRow[] = [
  {
    name: 'TREADLE_URL',
    default: 'http://127.0.0.1:8080',
    meaning: 'The server that the treadle command speaks to.',
    secret: false,
    required: false,
  },
  {
    name: 'TREADLE_API_KEY',
    meaning: 'The API key that the treadle command shows.',
    secret: true,
    required: false,
  },
];
