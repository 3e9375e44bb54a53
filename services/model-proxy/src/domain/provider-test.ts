import { FailureError } from '@treadle/failure';
import type { Provider } from './provider.js';

/** What a provider that works answered. */
export interface ProviderTest {
  readonly latencyMs: number;
  /** Undefined when no model was asked. */
  readonly firstTokenMs: number | undefined;
  readonly text: string;
  readonly models: readonly string[];
}

const testTimeoutMs = 20_000;
const longestText = 200;
const mostModels = 100;

/** Asks a model something short, or, without one, for the list of models. Throws the provider's FailureError. */
export async function testProvider(provider: Provider, model: string): Promise<ProviderTest> {
  const startedAt = performance.now();
  const elapsed = () => Math.round(performance.now() - startedAt);
  if (!model) {
    const models = await provider.listModels();
    return { latencyMs: elapsed(), firstTokenMs: undefined, text: '', models: models.slice(0, mostModels) };
  }
  let firstTokenMs: number | undefined;
  let text = '';
  for await (const part of provider.chat(hello(model))) {
    firstTokenMs ??= elapsed();
    if (part.type === 'text') text += part.text;
    if (part.type === 'finished')
      return { latencyMs: elapsed(), firstTokenMs, text: text.slice(0, longestText), models: [] };
  }
  throw FailureError.of('provider_error', `"${provider.name}" ended its answer without saying so.`);
}

function hello(model: string) {
  return {
    model,
    messages: [{ role: 'user', text: 'Say hello in one short sentence.' }],
    parameters: {},
    idempotencyKey: '',
    deadlineUnixMs: Date.now() + testTimeoutMs,
  };
}
