import { z } from 'zod';
import { defineWaitNode } from '../define-node.js';
import { textReferences } from '../fields.js';
import { elapsedWait, waitFor } from './wait.moment.js';

export const waitConfigSchema = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('duration'),
    /** A number, or a text whose references give one. */
    duration: z.union([z.number().min(0), z.string().min(1)]),
    unit: z.enum(['second', 'minute', 'hour', 'day']).default('second'),
  }),
  /** ISO 8601 with a time zone; may hold references. A moment that has passed does not wait. */
  z.object({ mode: z.literal('moment'), until: z.string().min(1) }),
]);

export type WaitConfig = z.infer<typeof waitConfigSchema>;

export const wait = defineWaitNode<WaitConfig>({
  type: 'wait',
  group: 'logic',
  title: 'Wait',
  summary: 'Waits for a while, or until a moment.',
  config: waitConfigSchema,
  reads: (config) =>
    config.mode === 'duration'
      ? textReferences(String(config.duration), 'duration')
      : textReferences(config.until, 'until'),
  handles: () => ['source'],
  outputs: () => ['waited_until'],
  wait: waitFor,
  elapsed: (_config, waiting) => elapsedWait(waiting),
});
