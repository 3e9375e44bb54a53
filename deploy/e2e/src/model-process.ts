import { Child } from './child.js';

/** How the model server behaves. */
export interface ModelSettings {
  readonly latencyMs?: number;
  readonly tokenGapMs?: number;
  /** Words behind the echo of what was asked. */
  readonly tokens?: number;
  /** A JSON file with what to answer to what, see `libs/testing/src/model-server.main.ts`. */
  readonly answers?: string;
}

/** An OpenAI-compatible server as a process of its own, so that it survives what is done to Treadle. */
export interface ModelProcess {
  /** For `OPENAI_BASE_URL`. */
  readonly url: string;
  /** Chat requests so far. */
  calls(): Promise<number>;
  stop(): Promise<void>;
}

export async function startModelProcess(settings: ModelSettings = {}): Promise<ModelProcess> {
  const { latencyMs = 0, tokenGapMs = 0, tokens = 8, answers } = settings;
  const child = new Child('libs/testing/dist/model-server.main.js', [
    `--latency-ms=${latencyMs}`,
    `--token-gap-ms=${tokenGapMs}`,
    `--tokens=${tokens}`,
    ...(answers ? [`--answers=${answers}`] : []),
  ]);
  const [line] = await child.says(/\{.*\}/);
  const { url, requests } = JSON.parse(line) as { url: string; requests: string };
  return {
    url,
    calls: async () => ((await (await fetch(requests)).json()) as { calls: number }).calls,
    stop: async () => void (await child.end('SIGTERM')),
  };
}
