import { z } from 'zod';
import { pageSchema } from '../runs/run.schemas.js';

const name = z.string().max(100);
const jsonObject = z.record(z.string(), z.unknown());
const moment = z.iso.datetime({ offset: true });

export const listSchema = z.strictObject(pageSchema);
export type ListQuery = z.infer<typeof listSchema>;

export const saveProviderSchema = z
  .strictObject({
    kind: name.meta({ description: 'Which protocol it speaks: `openai`, `anthropic`, `openai-compatible` and more.' }),
    base_url: z.string().max(1000).default('').meta({ description: "Empty for the vendor's own address." }),
    api_key: z.string().max(10_000).optional().meta({
      description: 'Left out, the saved key is kept, as long as the host stays the same. It is never shown again.',
    }),
    options: jsonObject.default({}),
    merges_repeats: z.boolean().default(false).meta({
      description:
        'Whether it promises to bill requests under one `Idempotency-Key` once. Budgets then count the repeat of a call whose proxy died together with that call; otherwise each request that may have been sent counts.',
    }),
    test_model: z.string().max(200).default('').meta({
      description: 'A model to ask something short before saving; without one the list of models is read.',
    }),
  })
  .meta({ id: 'SaveProvider' });
export type SaveProviderBody = z.infer<typeof saveProviderSchema>;

export const testProviderSchema = z
  .strictObject({
    model: z.string().max(200).default('').meta({ description: 'Without one the list of models is read.' }),
  })
  .prefault({})
  .meta({ id: 'TestProvider' });

const providerTestSchema = z
  .object({
    latency_ms: z.int(),
    first_token_ms: z.int().nullable(),
    text: z.string().meta({ description: 'The beginning of the first answer.' }),
    models: z.array(z.string()),
  })
  .meta({ id: 'ProviderTest' });

const provider = {
  name,
  kind: name,
  base_url: z.string(),
  options: jsonObject,
  merges_repeats: z.boolean(),
  key_hint: z.string().nullable(),
  from_environment: z
    .boolean()
    .meta({ description: "Made by the model proxy's own settings; it cannot be changed here." }),
  updated_at: z.string().nullable(),
};

const providerSchema = z.object(provider).meta({ id: 'Provider' });

export const providerPageSchema = z
  .object({ items: z.array(providerSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'ProviderPage' });

export const savedProviderSchema = z.object({ ...provider, test: providerTestSchema }).meta({ id: 'SavedProvider' });
export { providerTestSchema };

const target = z.strictObject({
  provider: name,
  model: z.string().max(200),
  weight: z.number().min(0).default(1),
  order: z.int().min(0).max(100).default(0).meta({ description: 'Higher ones are asked when all lower ones failed.' }),
});

const route = {
  targets: z.array(target).min(1).max(50),
  rules: jsonObject.default({}).meta({ description: 'Tiers, fallback, cache and deadlines.' }),
};

export const saveRouteSchema = z.strictObject(route).meta({ id: 'SaveRoute' });
export type SaveRouteBody = z.infer<typeof saveRouteSchema>;

export const routeSchema = z.object({ name, ...route, updated_at: z.string() }).meta({ id: 'Route' });
export const routePageSchema = z
  .object({ items: z.array(routeSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'RoutePage' });

const usd = z.number().min(0).max(1_000_000);

const price = {
  provider: name.default('').meta({ description: 'Empty for any provider.' }),
  model: z.string().min(1).max(200).meta({ description: 'A model, or the beginning of one and `*`.' }),
  input_per_million: usd.meta({ description: 'US dollars for a million tokens.' }),
  cached_input_per_million: usd.optional(),
  output_per_million: usd,
  per_call: usd.default(0),
};

export const savePriceSchema = z
  .strictObject({ ...price, valid_from: moment.optional().meta({ description: 'Without it, now.' }) })
  .meta({ id: 'SavePrice' });
export type SavePriceBody = z.infer<typeof savePriceSchema>;

export const deletePriceSchema = z.strictObject({ provider: name.default(''), model: z.string().min(1).max(200) });

export const priceSchema = z.object({ ...price, version: z.int(), valid_from: z.string() }).meta({ id: 'Price' });
export const pricePageSchema = z
  .object({ items: z.array(priceSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'PricePage' });

const budget = {
  scope: z.enum(['tenant', 'workflow', 'api_key', 'run']),
  subject: z.string().min(1).max(200).default('*').meta({
    description: 'Which workflow, key or run; `*` gives each of them the limit on its own.',
  }),
  period: z.enum(['hour', 'day', 'month', 'total']),
  limit_usd: z.number().min(0).optional(),
  limit_tokens: z.int().min(0).optional(),
  thresholds: z.array(z.int().min(1).max(99)).max(10).default([75, 90]),
};

export const saveBudgetSchema = z.strictObject(budget).meta({ id: 'SaveBudget' });
export type SaveBudgetBody = z.infer<typeof saveBudgetSchema>;

const budgetStateSchema = z.object({
  subject: z.string(),
  spent_usd: z.number(),
  reserved_usd: z.number(),
  spent_tokens: z.int(),
  reserved_tokens: z.int(),
  level: z.int().meta({ description: 'The highest threshold passed, in percent.' }),
});

export const budgetSchema = z
  .object({
    name,
    ...budget,
    state: budgetStateSchema.nullable().meta({ description: 'The fullest counter of this period.' }),
  })
  .meta({ id: 'Budget' });
export const budgetPageSchema = z
  .object({ items: z.array(budgetSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'BudgetPage' });
