import type { FastifyRequest } from 'fastify';
import { missingUser, userField } from './dify.schemas.js';
import { difyFailure } from './dify-error.js';

/** The end user of a request without a body of its own, which clients name in the body or in the query. */
export function userOf({ query }: FastifyRequest, body: { readonly user?: string | null } | undefined): string {
  const user = userField.safeParse(body?.user ?? (query as { readonly user?: unknown }).user);
  if (user.success) return user.data;
  throw difyFailure('invalid_param', missingUser, 'user');
}
