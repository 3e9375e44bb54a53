import { Child } from './child.js';

/** How the model server behaves. */
export interface ModelSettings {
  readonly latencyMs?: number;
  readonly tokenGapMs?: number;
  /** Words behind the echo of what was asked. */
  readonly tokens?: number;
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
  const { latencyMs = 0, tokenGapMs = 0, tokens = 8 } = settings;
  const child = new Child('libs/testing/dist/model-server.main.js', [
    `--latency-ms=${latencyMs}`,
    `--token-gap-ms=${tokenGapMs}`,
    `--tokens=${tokens}`,
  ]);
  const [line] = await child.says(/\{.*\}/);
  const { url, requests } = JSON.parse(line) as { url: string; requests: string };
  return {
    url,
    calls: async () => ((await (await fetch(requests)).json()) as { calls: number }).calls,
    stop: async () => void (await child.end('SIGTERM')),
  };
}
