import { list } from '@treadle/config';
import { rateLine } from './domain/rate-limits/rate-limit.js';

/** How often callers may ask. */
export const rateLimitConfig = {
  rateLimits: list({
    env: 'TREADLE_RATE_LIMITS',
    default: ['address.all=6000/60'],
    item: rateLine,
    meaning:
      'Requests per seconds that are let in, all gateways together, such as tenant.run=600/60,key.all=6000/60: for each key, user, tenant or (of unknown callers) address; of read, write, run, model, or all the others.',
  }),
};
