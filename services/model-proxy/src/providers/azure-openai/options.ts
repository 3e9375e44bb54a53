import { FailureError } from '@treadle/failure';
import { z } from 'zod';
import type { Dialect, OpenAiCompatibleOptions } from '../openai-compatible/options.js';
import type { ServerOptions } from '../wire/server-options.js';

/** What an Azure resource wants besides its address and key. */
const settingsSchema = z.object({
  /** The version of the API; the newest general one by default. */
  api_version: z.string().default('2024-10-21'),
  /** The deployments there are, separated by commas: Azure lists models, not deployments. Empty when any name may be one. */
  deployments: z.string().default(''),
});

export interface AzureOptions {
  readonly server: OpenAiCompatibleOptions;
  readonly deployments: readonly string[];
}

/** Throws `invalid_argument` when a setting is not what it should be. */
export function azureOptions(server: ServerOptions, settings: Readonly<Record<string, unknown>>): AzureOptions {
  const read = settingsSchema.safeParse(settings);
  if (!read.success)
    throw FailureError.of(
      'invalid_argument',
      'The options of an Azure provider are api_version and deployments, both words.',
      { field: 'options' },
    );
  const { api_version, deployments } = read.data;
  const dialect: Dialect = {
    keyHeader: 'api-key',
    query: { 'api-version': api_version },
    endpointOf: (endpoint, model) => `openai/deployments/${encodeURIComponent(model)}/${endpoint}`,
  };
  return {
    server: { ...server, dialect },
    deployments: deployments
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  };
}
