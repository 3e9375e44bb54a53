import { FailureError } from '@treadle/failure';
import type { AddressGuard } from '@treadle/guarded-http';
import type { Provider } from '../domain/provider.js';
import type { StoredProvider } from '../domain/provider-store.js';
import type { ModelProxyConfig } from '../model-proxy.config.js';
import { AnthropicProvider } from './anthropic/index.js';
import { anthropicOptions } from './anthropic/options.js';
import { AzureOpenAiProvider } from './azure-openai/index.js';
import { azureOptions } from './azure-openai/options.js';
import { DemoProvider } from './demo/index.js';
import { GoogleGeminiProvider } from './google-gemini/index.js';
import { LocalProvider } from './local/index.js';
import { OllamaProvider } from './ollama/index.js';
import { OpenAiProvider } from './openai/index.js';
import { openAiOptions } from './openai/options.js';
import { type CompatibleServer, compatibleServers } from './openai-compatible/entries.js';
import { OpenAiCompatibleProvider } from './openai-compatible/index.js';
import type { ServerOptions } from './wire/server-options.js';

type Settings = Readonly<Record<string, unknown>>;

interface Kind {
  /** Undefined where everybody has their own. */
  readonly baseUrl: string | undefined;
  /** Each request carries the caller's key, by which a server can know a repeat. Absent means no. */
  readonly tellsKey?: true;
  make(server: ServerOptions, settings: Settings): Provider;
}

/** The vendors with a protocol of their own, alphabetical. A new one is a line here. */
const vendors = {
  anthropic: {
    baseUrl: 'https://api.anthropic.com',
    make: (server, settings) => new AnthropicProvider(anthropicOptions(server, settings)),
  },
  'azure-openai': {
    baseUrl: undefined,
    tellsKey: true,
    make: (server, settings) => new AzureOpenAiProvider(azureOptions(server, settings)),
  },
  demo: { baseUrl: 'http://localhost', make: ({ name }) => new DemoProvider(name) },
  'google-gemini': {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    make: (server) => new GoogleGeminiProvider(server),
  },
  local: { baseUrl: 'http://localhost', make: ({ name }) => new LocalProvider(name) },
  ollama: { baseUrl: 'http://127.0.0.1:11434', make: (server) => new OllamaProvider(server) },
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    tellsKey: true,
    make: (server, settings) => new OpenAiProvider(openAiOptions(server, settings)),
  },
} as const satisfies Readonly<Record<string, Kind>>;

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...Object.entries(vendors),
  ...Object.entries(compatibleServers).map(([kind, entry]: [string, CompatibleServer]): [string, Kind] => {
    const { baseUrl, ...own } = entry;
    const make = (server: ServerOptions) =>
      new OpenAiCompatibleProvider({
        ...server,
        ...own,
        mergesRepeats: server.mergesRepeats || own.mergesRepeats === true,
      });
    return [kind, { baseUrl, tellsKey: true, make }];
  }),
]);

/** The kinds of providers there are, alphabetical. */
export const providerKinds: readonly string[] = [...kinds.keys()].sort();

type Timeouts = Pick<ServerOptions, 'connectTimeoutMs' | 'silenceTimeoutMs'>;

/**
 * A provider as somebody set it up. Throws `invalid_argument` with the field at fault.
 * @param guard `undefined` for what the operator's own settings say
 */
export function makeProvider(
  stored: Omit<StoredProvider, 'revision'>,
  timeouts: Timeouts,
  guard: AddressGuard | undefined,
): Provider {
  const { name, kind, apiKey, options, mergesRepeats } = stored;
  const known = kinds.get(kind);
  if (!known) {
    const message = `There is no kind of provider "${kind}". There are: ${providerKinds.join(', ')}.`;
    throw FailureError.of('invalid_argument', message, { field: 'kind' });
  }
  const baseUrl = stored.baseUrl || known.baseUrl;
  if (!baseUrl) {
    const message = `A provider of the kind "${kind}" has no address of its own: say where it is.`;
    throw FailureError.of('invalid_argument', message, { field: 'base_url' });
  }
  if (mergesRepeats && !known.tellsKey) {
    const message = `A provider of the kind "${kind}" is not told the key of a call and cannot know a repeat by it.`;
    throw FailureError.of('invalid_argument', message, { field: 'merges_repeats' });
  }
  const { connectTimeoutMs, silenceTimeoutMs } = timeouts;
  const server = { name, kind, baseUrl, apiKey: apiKey?.reveal().trim() ?? '', connectTimeoutMs, silenceTimeoutMs };
  return known.make({ ...server, mergesRepeats, ...(guard && { guard }) }, options);
}

/** A provider for each that has settings, in the order in which they are asked for a model; the local and the demo model are always there, last. */
export function configuredProviders(config: ModelProxyConfig): Provider[] {
  return [...openAi(config), new LocalProvider(), new DemoProvider()];
}

/** A key alone means OpenAI itself; an address means whatever server with its protocol is there. */
function openAi(config: ModelProxyConfig): Provider[] {
  const { openAiBaseUrl, openAiApiKey: apiKey } = config;
  if (!openAiBaseUrl && !apiKey) return [];
  const name = 'openai';
  if (!openAiBaseUrl)
    return [
      makeProvider({ name, kind: name, baseUrl: '', apiKey, options: {}, mergesRepeats: false }, config, undefined),
    ];
  const server = { name, kind: name, baseUrl: openAiBaseUrl, apiKey: apiKey?.reveal().trim() ?? '' };
  const { connectTimeoutMs, silenceTimeoutMs } = config;
  return [new OpenAiCompatibleProvider({ ...server, connectTimeoutMs, silenceTimeoutMs })];
}
