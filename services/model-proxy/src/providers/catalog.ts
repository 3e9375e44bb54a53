import { FailureError } from '@treadle/failure';
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
import { compatibleServers } from './openai-compatible/entries.js';
import { OpenAiCompatibleProvider } from './openai-compatible/index.js';
import type { ServerOptions } from './wire/server-options.js';

type Settings = Readonly<Record<string, unknown>>;

interface Kind {
  /** Undefined where everybody has their own. */
  readonly baseUrl: string | undefined;
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
    make: (server, settings) => new OpenAiProvider(openAiOptions(server, settings)),
  },
} as const satisfies Readonly<Record<string, Kind>>;

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...Object.entries(vendors),
  ...Object.entries(compatibleServers).map(([kind, entry]): [string, Kind] => {
    const dialect = 'dialect' in entry ? entry.dialect : undefined;
    const make = (server: ServerOptions) => new OpenAiCompatibleProvider({ ...server, ...(dialect && { dialect }) });
    return [kind, { baseUrl: entry.baseUrl, make }];
  }),
]);

/** The kinds of providers there are, alphabetical. */
export const providerKinds: readonly string[] = [...kinds.keys()].sort();

type Timeouts = Pick<ServerOptions, 'connectTimeoutMs' | 'silenceTimeoutMs'>;

/** A provider as somebody set it up. Throws `invalid_argument` with the field at fault. */
export function makeProvider(stored: Omit<StoredProvider, 'revision'>, timeouts: Timeouts): Provider {
  const { name, kind, apiKey, options } = stored;
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
  return known.make({ name, kind, baseUrl, apiKey: apiKey?.reveal().trim() ?? '', ...timeouts }, options);
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
  if (!openAiBaseUrl) return [makeProvider({ name, kind: name, baseUrl: '', apiKey, options: {} }, config)];
  const server = { name, kind: name, baseUrl: openAiBaseUrl, apiKey: apiKey?.reveal().trim() ?? '' };
  const { connectTimeoutMs, silenceTimeoutMs } = config;
  return [new OpenAiCompatibleProvider({ ...server, connectTimeoutMs, silenceTimeoutMs })];
}
