import { ApiError } from '@treadle/cli';
import {
  type ChatCompletionRequest,
  type ModelServer,
  natsAvailable,
  startModelServer,
  usageOf,
} from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './src/eventually.js';
import { type ProcessesSystem, startProcessesSystem } from './src/processes-system.js';

const callers = 500;
const limitUsd = 1;
const inputPerMillion = 1;
const outputPerMillion = 50;

interface Budgets {
  readonly items: readonly { readonly state: { readonly spent_usd: number; readonly reserved_usd: number } | null }[];
}

interface Usage {
  readonly items: readonly {
    readonly group: Record<string, string>;
    readonly calls: number;
    readonly cost_usd: number;
  }[];
}

const answer = ({ messages }: Pick<ChatCompletionRequest, 'messages'>) =>
  `You said: ${messages.at(-1)?.content} The loom keeps every thread until the cloth is done.`;

let system: ProcessesSystem;
let server: ModelServer;

beforeAll(async () => {
  server = await startModelServer({ latencyMs: 20, answer });
  system = await startProcessesSystem(server.url);
}, 300_000);
afterAll(async () => {
  await system?.stop();
  await server?.close();
});

/** What the calls came to by the model server's own count, where a repeat under the same key is the same call. */
function countedByServer(): { calls: number; usd: number } {
  const byKey = new Map(
    server.chats.map(({ headers, body }) => {
      const { prompt_tokens, completion_tokens } = usageOf(body, { text: answer(body) });
      return [
        headers['idempotency-key'],
        (prompt_tokens * inputPerMillion + completion_tokens * outputPerMillion) / 1e6,
      ];
    }),
  );
  return { calls: byKey.size, usd: [...byKey.values()].reduce((sum, usd) => sum + usd, 0) };
}

type Outcome = 'answered' | 'refused' | 'again';

async function ask(key: string): Promise<Outcome> {
  try {
    await system.api.send('/openai/v1/chat/completions', {
      method: 'POST',
      headers: { 'idempotency-key': key },
      json: { model: 'openai/small', messages: [{ role: 'user', content: key }], max_tokens: 40 },
    });
    return 'answered';
  } catch (error) {
    if (!(error instanceof ApiError)) return 'again';
    const { error: told } = error.body as { error?: { code?: string; message?: string } };
    if (told?.code !== 'budget_exceeded') return error.status >= 500 || error.status === 429 ? 'again' : raise(error);
    return told.message?.includes('set aside') ? 'again' : 'refused';
  }
}

function raise(error: unknown): never {
  throw error;
}

/** Asks until the budget has no room for another call. @returns how many were answered. */
async function spendAll(caller: number): Promise<number> {
  for (let call = 0; ; call += 1) {
    const key = `caller-${caller}-call-${call}`;
    const outcome = await eventually(
      `an answer to ${key}`,
      async () => {
        const told = await ask(key);
        return told === 'again' ? undefined : told;
      },
      200_000,
    );
    if (outcome === 'refused') return call;
  }
}

describe.skipIf(!natsAvailable())('a budget of one dollar', () => {
  it(`is not overspent by ${callers} callers at once while the model proxy is killed twice, and the ledger is exact`, async () => {
    await system.api.send('/api/v1/models/prices', {
      method: 'PUT',
      json: {
        provider: 'openai',
        model: 'small',
        input_per_million: inputPerMillion,
        output_per_million: outputPerMillion,
      },
    });
    const budget = { scope: 'tenant', period: 'total', limit_usd: limitUsd };
    await system.api.send('/api/v1/models/budgets/dollar', { method: 'PUT', json: budget });
    const spending = Promise.all(Array.from({ length: callers }, (_, caller) => spendAll(caller)));
    for (const calls of [200, 500]) {
      await eventually(`${calls} calls`, async () => (server.calls >= calls ? true : undefined));
      await system.killAndRestart('model-proxy');
    }
    const answered = (await spending).reduce((sum, calls) => sum + calls, 0);
    const { items: budgets } = await system.api.send<Budgets>('/api/v1/models/budgets');
    const { items: usage } = await system.api.send<Usage>('/api/v1/usage?group_by=status');
    const ledger = usage.reduce((sum, { cost_usd }) => sum + cost_usd, 0);
    const counted = countedByServer();
    const figures = { answered, counted, usage, state: budgets[0]?.state, requests: server.calls };
    console.log(JSON.stringify(figures));
    expect(counted.usd).toBeLessThanOrEqual(limitUsd);
    expect(counted.usd).toBeGreaterThan(limitUsd * 0.9);
    expect(Math.abs(ledger - counted.usd)).toBeLessThan(1e-6);
    expect(budgets[0]?.state).toMatchObject({ reserved_usd: 0 });
    expect(usage.map(({ group }) => group['status'])).toEqual(['completed']);
    expect(answered).toBe(counted.calls);
  });
});
