import { z } from 'zod';
import type { GuestLimits, GuestReply } from '../guest.js';

const always = { printed: z.string(), refused: z.array(z.string().max(100)).max(20).optional() };
const replySchema: z.ZodType<GuestReply> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('returned'), json: z.string(), ...always }),
  z.object({
    kind: z.literal('raised'),
    name: z.string(),
    message: z.string(),
    line: z.number().int().optional(),
    ...always,
  }),
  z.object({ kind: z.literal('exceeded'), limit: z.enum(['time', 'memory', 'output']), ...always }),
]);

/** Reads what a Python guest replied. Throws where it is no reply. */
export function parseReply(line: string): GuestReply {
  return replySchema.parse(JSON.parse(line));
}

/** The longest reply there is, in characters: a result may double its length as a text within JSON. */
export function longestReply({ outputCharacters, printedCharacters }: GuestLimits): number {
  return 2 * outputCharacters + 8 * printedCharacters;
}
