import type { Reference } from '@treadle/workflow';
import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { optionalSelectorSchema, selectorReference, textReferences } from '../fields.js';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

const fieldSchema = z.object({
  key: z.string().default(''),
  type: z.enum(['text', 'file']).default('text'),
  value: z.string().default(''),
  /** Of a field of type file: the variable that holds it, or several. */
  file: optionalSelectorSchema.nullish(),
});

export type HttpField = z.infer<typeof fieldSchema>;

const bodySchema = z.object({
  type: z.enum(['none', 'raw-text', 'json', 'x-www-form-urlencoded', 'form-data', 'binary']).default('none'),
  /** A text for raw-text and json; fields, as a list or as lines `name:value`, for the forms; one file for binary. */
  data: z.union([z.string(), z.array(fieldSchema)]).nullish(),
});

const authorizationSchema = z.object({
  type: z.enum(['no-auth', 'api-key']).default('no-auth'),
  config: z
    .object({
      type: z.enum(['basic', 'bearer', 'custom']).default('bearer'),
      /** The header that carries the key; empty is `Authorization`. */
      header: z.string().nullish(),
      api_key: z.string().nullish(),
    })
    .nullish(),
});

const seconds = z.number().min(0).max(600).nullish();

export const httpRequestConfigSchema = z.object({
  method: z
    .string()
    .transform((method) => method.toUpperCase())
    .pipe(z.enum(methods))
    .default('GET'),
  url: z.string().min(1),
  /** Lines `name:value`. */
  headers: z.string().default(''),
  /** Lines `name:value`, added to the query. */
  params: z.string().default(''),
  body: bodySchema.nullish(),
  authorization: authorizationSchema.nullish(),
  /** In seconds; absent or 0 takes 10 to connect and 60 to read. */
  timeout: z.object({ connect: seconds, read: seconds, write: seconds }).nullish(),
  /** False does without the server's certificate being checked, where the operator allows that. */
  ssl_verify: z.boolean().nullish(),
  /** Whether an answer outside 200 to 299 fails the node. Absent: it does when the node has retries or an error strategy. */
  fail_on_error_status: z.boolean().nullish(),
});

export type HttpRequestConfig = z.infer<typeof httpRequestConfigSchema>;

export const httpRequest = defineTaskNode<HttpRequestConfig>({
  type: 'http-request',
  group: 'tool',
  title: 'HTTP request',
  summary: 'Calls an address over HTTP.',
  pool: 'default',
  timeoutSeconds: 660,
  config: httpRequestConfigSchema,
  complete: (config, { retry, onError }) => ({
    ...config,
    fail_on_error_status: config.fail_on_error_status ?? (retry.max_attempts > 1 || onError.strategy !== 'fail'),
  }),
  reads: (config) => [
    ...textReferences(config.url, 'url'),
    ...textReferences(config.headers, 'headers'),
    ...textReferences(config.params, 'params'),
    ...bodyReads(config.body?.data ?? ''),
    ...textReferences(config.authorization?.config?.api_key ?? '', 'authorization.config.api_key'),
    ...textReferences(config.authorization?.config?.header ?? '', 'authorization.config.header'),
  ],
  handles: () => ['source'],
  outputs: () => ['status_code', 'body', 'headers', 'files'],
});

function bodyReads(data: NonNullable<NonNullable<HttpRequestConfig['body']>['data']>): Reference[] {
  if (typeof data === 'string') return textReferences(data, 'body.data');
  return data.flatMap(({ key, value, file }, index) => [
    ...textReferences(key, `body.data[${index}].key`),
    ...textReferences(value, `body.data[${index}].value`),
    ...selectorReference(file ?? [], `body.data[${index}].file`),
  ]);
}
