import { FailureError, isFailureCode } from '@treadle/failure';
import { z } from 'zod';
import { contentOf, type ModelMessage } from './message.js';

const targetSchema = z.strictObject({
  provider: z.string().min(1),
  model: z.string().min(1),
  weight: z.number().min(0).default(1),
  order: z.number().int().min(0).default(0),
});

const milliseconds = z.number().int().min(1).max(86_400_000);

/** What a route may say besides its targets. */
const rulesSchema = z.strictObject({
  /** Other targets for some calls; the first whose conditions all hold replaces the route's own. */
  tiers: z
    .array(
      z.strictObject({
        when: z.strictObject({
          /** The size of the prompt, in tokens as we estimate them. */
          input_tokens_at_most: z.number().optional(),
          input_tokens_at_least: z.number().optional(),
          /** What the node says about the work. */
          hint: z.string().optional(),
          /** The fullest budget of the caller, as a share. */
          budget_used_at_least: z.number().optional(),
        }),
        targets: z.array(targetSchema).min(1),
      }),
    )
    .default([]),
  /** The failures after which the next target is asked. */
  fallback_on: z.array(z.string().refine(isFailureCode)).optional(),
  cache: z.strictObject({ ttl_seconds: z.number().int().min(0) }).default({ ttl_seconds: 0 }),
  /** How long the first part of an answer, any two parts, and the whole call may take. */
  deadlines: z
    .strictObject({
      first_token_ms: milliseconds.optional(),
      silence_ms: milliseconds.optional(),
      total_ms: milliseconds.optional(),
    })
    .default({}),
});

export type RouteRules = z.output<typeof rulesSchema>;

/** Throws `invalid_argument` that names what is wrong: to be asked before a route is saved, and when one is used. */
export function readRouteRules(route: string, rules: Readonly<Record<string, unknown>>): RouteRules {
  const read = rulesSchema.safeParse(rules);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = ['rules', ...(issue?.path ?? [])].join('.');
  throw FailureError.of('invalid_argument', `The route "${route}" is wrong at ${field}: ${issue?.message}.`, { field });
}

/** What is known about a call when its targets are chosen. */
export interface CallFacts {
  /** Asked only where a rule depends on it. */
  readonly likelyTokens: () => number;
  readonly hint: string;
  /** Asked only where a rule depends on it. */
  readonly budgetUsed: () => Promise<number>;
}

/** The targets of the first tier that fits; undefined when none does. */
export async function tierFor({ tiers }: RouteRules, facts: CallFacts) {
  for (const { when, targets } of tiers) {
    if (when.input_tokens_at_most !== undefined && facts.likelyTokens() > when.input_tokens_at_most) continue;
    if (when.input_tokens_at_least !== undefined && facts.likelyTokens() < when.input_tokens_at_least) continue;
    if (when.hint !== undefined && facts.hint !== when.hint) continue;
    if (when.budget_used_at_least !== undefined && (await facts.budgetUsed()) < when.budget_used_at_least) continue;
    return targets;
  }
  return undefined;
}

/** About how many tokens a prompt has: four characters are one, an image a thousand. */
export function likelyTokens(messages: readonly ModelMessage[]): number {
  const parts = messages.flatMap((message) => contentOf(message));
  return Math.ceil(parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length / 4 : 1_000), 0));
}
