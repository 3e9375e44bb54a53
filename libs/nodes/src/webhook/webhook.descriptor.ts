import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { credentialHeader } from './credential-header.js';
import { settleWebhook } from './webhook.route.js';

export const webhookMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What a body may be, by its media type. */
export const webhookContentTypes = ['application/json', 'application/x-www-form-urlencoded', 'text/plain'] as const;

const parameterTypes = [
  'string',
  'number',
  'boolean',
  'object',
  'array[string]',
  'array[number]',
  'array[boolean]',
  'array[object]',
] as const;

const ownOutputs = ['body', 'headers', 'query'];

const parameterSchema = z.object({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,29}$/, 'use up to 30 letters, digits, "_" and "-"'),
  type: z.enum(parameterTypes).default('string'),
  required: z.boolean().default(false),
  /** Taken when the request does not bring it. */
  default: z.json().nullish(),
});

const headerSchema = parameterSchema.extend({
  name: parameterSchema.shape.name.refine((name) => !credentialHeader.test(name), {
    error: 'carries a credential, which would be kept in the history of every run. Leave it out',
  }),
});

export const webhookConfigSchema = z
  .object({
    method: z.enum(webhookMethods).default('POST'),
    /** The media type that the body must have; a request without a body needs none. */
    content_type: z.enum(webhookContentTypes).default('application/json'),
    query: z.array(parameterSchema).max(100).default([]),
    headers: z.array(headerSchema).max(100).default([]),
    /** Members of a JSON object, or fields of a form. */
    body: z.array(parameterSchema).max(100).default([]),
    /**
     * `required`: the sender proves with the webhook's secret who it is and when it wrote, so that nobody can send it again. `github` takes
     * GitHub's signature, which names no time: the same body begins one run for as long as start keys are kept. `none` lets in whoever
     * knows the address.
     */
    signature: z.enum(['required', 'github', 'none']).default('required'),
    /** Answers as soon as the run is certain, or when it has ended or paused. */
    async_response: z.boolean().default(true),
    /** Status of the answer to an accepted request; absent takes 202 at once, and 200 with the outputs. */
    status_code: z.int().min(200).max(399).nullish(),
    /** Text of the answer to an accepted request; absent names the run at once, and gives the outputs at its end. */
    response_body: z.string().max(100_000).nullish(),
  })
  .superRefine((config, context) => {
    if (config.content_type === 'text/plain' && config.body.length > 0)
      context.addIssue({
        code: 'custom',
        path: ['body'],
        message: 'a plain text has no parts; read the output "body"',
      });
    const names = new Set(ownOutputs);
    for (const place of ['query', 'headers', 'body'] as const) {
      config[place].forEach(({ name }, index) => {
        const output = outputName(name);
        const message = `"${output}" is the name of another output. Choose another`;
        if (names.has(output)) context.addIssue({ code: 'custom', path: [place, index, 'name'], message });
        names.add(output);
      });
    }
  });

export type WebhookConfig = z.infer<typeof webhookConfigSchema>;
export type WebhookParameter = z.infer<typeof parameterSchema>;

/** The output that holds a parameter: references have no "-". */
export function outputName(name: string): string {
  return name.replaceAll('-', '_');
}

/** The names of all outputs, declared ones first. */
export function webhookOutputs({ query, headers, body }: WebhookConfig): string[] {
  return [...[...query, ...headers, ...body].map(({ name }) => outputName(name)), ...ownOutputs];
}

export const webhook = defineControlNode<WebhookConfig>({
  type: 'webhook',
  group: 'entry',
  trigger: 'webhook',
  title: 'Webhook',
  summary: 'Begins a run when a request comes from outside.',
  config: webhookConfigSchema,
  reads: (config) => webhookOutputs(config).map((name) => ({ selector: ['inputs', name], field: '' })),
  handles: () => ['source'],
  outputs: webhookOutputs,
  settle: settleWebhook,
});
