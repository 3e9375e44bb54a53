import { type ApiClient, ApiError } from '@treadle/cli';
import { type ChatCompletionRequest, type RecordedChat, usageOf } from '@treadle/testing';
import { eventually } from './eventually.js';

/** In US dollars for a million tokens. */
export interface DollarPrice {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
}

interface Budgets {
  readonly items: readonly { readonly state: { readonly spent_usd: number; readonly reserved_usd: number } | null }[];
}

interface Usage {
  readonly items: readonly {
    readonly group: Readonly<Record<string, string>>;
    readonly calls: number;
    readonly cost_usd: number;
  }[];
}

const budgetPath = '/api/v1/models/budgets/dollar';

export function answerTo({ messages }: Pick<ChatCompletionRequest, 'messages'>): string {
  return `You said: ${messages.at(-1)?.content} The loom keeps every thread until the cloth is done.`;
}

/** What a server that answers with `answerTo` bills for a request, in US dollars. */
export function billedOf({ body }: RecordedChat, { inputPerMillion, outputPerMillion }: DollarPrice): number {
  const { prompt_tokens, completion_tokens } = usageOf(body, { text: answerTo(body) });
  return (prompt_tokens * inputPerMillion + completion_tokens * outputPerMillion) / 1e6;
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** A price for the provider's model, and a new budget for everything. */
export async function setUp(
  api: ApiClient,
  { provider, limitUsd, ...price }: DollarPrice & { readonly provider: string; readonly limitUsd: number },
): Promise<void> {
  const { inputPerMillion: input_per_million, outputPerMillion: output_per_million } = price;
  await api.send('/api/v1/models/prices', {
    method: 'PUT',
    json: { provider, model: 'small', input_per_million, output_per_million },
  });
  // A budget goes on counting when it is replaced.
  await api.send(budgetPath, { method: 'DELETE' }).catch(() => undefined);
  await api.send(budgetPath, { method: 'PUT', json: { scope: 'tenant', period: 'total', limit_usd: limitUsd } });
}

/** What the only budget and the ledger of a provider say; no state before the first call. */
export async function read(api: ApiClient, provider: string) {
  const { items: budgets } = await api.send<Budgets>('/api/v1/models/budgets');
  const { items } = await api.send<Usage>('/api/v1/usage?group_by=provider,status');
  const usage = items.filter(({ group }) => group['provider'] === provider);
  return { usage, ledgerUsd: total(usage.map(({ cost_usd }) => cost_usd)), state: budgets[0]?.state ?? undefined };
}

interface Spending {
  readonly provider: string;
  readonly callers: number;
  /** The longest answer. */
  readonly tokens: number;
}

/** Callers that ask until the budget has no room for another call. @returns how many calls were answered. */
export async function spendAll(api: ApiClient, spending: Spending): Promise<number> {
  const callers = Array.from({ length: spending.callers }, (_, caller) => callOn(api, spending, caller));
  return total(await Promise.all(callers));
}

async function callOn(api: ApiClient, spending: Spending, caller: number): Promise<number> {
  for (let call = 0; ; call += 1) {
    const key = `${spending.provider}-caller-${caller}-call-${call}`;
    const outcome = await eventually(
      `an answer to ${key}`,
      async () => {
        const told = await ask(api, spending, key);
        return told === 'again' ? undefined : told;
      },
      200_000,
    );
    if (outcome === 'refused') return call;
  }
}

async function ask(api: ApiClient, spending: Spending, key: string): Promise<'answered' | 'refused' | 'again'> {
  const { provider, tokens } = spending;
  try {
    await api.send('/openai/v1/chat/completions', {
      method: 'POST',
      headers: { 'idempotency-key': key },
      json: { model: `${provider}/small`, messages: [{ role: 'user', content: key }], max_tokens: tokens },
    });
    return 'answered';
  } catch (error) {
    if (!(error instanceof ApiError)) return 'again';
    const { error: told } = error.body as { error?: { code?: string; message?: string } };
    if (told?.code === 'budget_exceeded') return told.message?.includes('set aside') ? 'again' : 'refused';
    if (error.status >= 500 || error.status === 429) return 'again';
    throw error;
  }
}
