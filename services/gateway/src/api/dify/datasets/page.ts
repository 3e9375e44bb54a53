import { z } from 'zod';

const number = (most: number, standard: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .default(standard)
    // Clients ask for more than a page holds, and get a page.
    .transform((value) => Math.min(value, most));

export const pageFields = {
  page: number(1_000_000, 1),
  limit: number(100, 20),
  keyword: z
    .string()
    .max(200)
    .nullish()
    .transform((text) => text ?? ''),
};

/** One text or several, as clients repeat a name in the query. */
export const texts = z
  .union([z.string(), z.array(z.string())])
  .nullish()
  .transform((given) => (given === undefined || given === null ? [] : [given].flat()));

/** Of a numbered page. */
export interface PageAsked {
  readonly page: number;
  readonly limit: number;
}

export function pageView<T>(data: readonly T[], total: number, { page, limit }: PageAsked) {
  return { data, has_more: page * limit < total, limit, total, page };
}

export const pageShape = { has_more: z.boolean(), limit: z.int(), total: z.int(), page: z.int() };

/** Seconds since the epoch, as Dify tells moments. */
export const seconds = (unixMs: number) => Math.floor(unixMs / 1000);
