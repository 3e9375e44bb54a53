import type { FastifyRequest } from 'fastify';

/** Where people and other systems reach this gateway, without a slash at the end: what is configured, else the address of the request. */
export function publicAddress({ protocol, host }: FastifyRequest, publicUrl: string): string {
  return publicUrl === '' ? `${protocol}://${host}` : publicUrl.replace(/\/+$/, '');
}
