import { z } from 'zod';

const dimensions = [
  'api_key',
  'cached',
  'day',
  'hour',
  'model',
  'month',
  'node',
  'operation',
  'provider',
  'route',
  'run',
  'status',
  'workflow',
] as const;
const filters = ['api_key', 'model', 'node', 'operation', 'provider', 'route', 'run', 'status', 'workflow'] as const;
const moment = z.iso.datetime({ offset: true });

/** Repeated parameters and commas mean the same. */
const dimensionList = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
  .pipe(z.array(z.enum(dimensions)));

export const usageQuery = z.strictObject({
  group_by: dimensionList.optional().meta({ description: `Of ${dimensions.join(', ')}; without it one sum.` }),
  from: moment.optional().meta({ description: 'Included; without it 30 days ago.' }),
  to: moment.optional().meta({ description: 'Not included; without it now.' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  ...(Object.fromEntries(filters.map((name) => [name, z.string().max(200).optional()])) as Record<
    (typeof filters)[number],
    z.ZodOptional<z.ZodString>
  >),
});

export type UsageQuery = z.infer<typeof usageQuery>;

export function filterOf(query: UsageQuery): Record<string, string> {
  return Object.fromEntries(filters.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])));
}

const usageGroupSchema = z
  .object({
    group: z.record(z.string(), z.string()),
    calls: z.int(),
    input_tokens: z.int(),
    cached_input_tokens: z.int(),
    output_tokens: z.int(),
    reasoning_tokens: z.int(),
    cost_usd: z.number().meta({ description: 'Without the calls whose price is unknown.' }),
    unpriced_calls: z.int(),
    cached_calls: z.int().meta({ description: 'Answered from the response cache.' }),
    mean_latency_ms: z.number(),
    mean_first_token_ms: z.number(),
  })
  .meta({ id: 'UsageGroup' });

export const usageSchema = z
  .object({ from: z.string(), to: z.string(), items: z.array(usageGroupSchema) })
  .meta({ id: 'Usage' });
