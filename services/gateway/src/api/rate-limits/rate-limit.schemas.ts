import { z } from 'zod';

const rate = z.strictObject({
  quota: z.int().min(0).max(1_000_000_000).meta({ description: 'Requests; 0 lets none in.' }),
  seconds: z.int().min(1).max(999_999).meta({ description: 'How long the window is that they are counted in.' }),
});

const rates = z.strictObject({
  all: rate.optional().meta({ description: 'Everything that has no rate of its own, counted together.' }),
  read: rate.optional(),
  write: rate.optional(),
  run: rate.optional().meta({ description: 'Runs that are started or continued.' }),
  model: rate.optional().meta({ description: 'Models and tools that are called directly.' }),
});

export const ratesSchema = rates.meta({
  id: 'RateLimits',
  description: 'Rates that count instead of those of the installation; what is absent stays as it is there.',
});

export type RatesBody = z.output<typeof ratesSchema>;
