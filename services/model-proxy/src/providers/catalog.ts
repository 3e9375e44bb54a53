import type { Provider } from '../domain/provider.js';
import type { ModelProxyConfig } from '../model-proxy.config.js';
import { DemoProvider } from './demo/index.js';
import { OpenAiCompatibleProvider } from './openai-compatible/index.js';

const openAiBaseUrl = 'https://api.openai.com/v1';

/** A provider for each that has settings, in the order in which they are asked for a model; the demo model is always there, last. */
export function configuredProviders(config: ModelProxyConfig): Provider[] {
  return [...openAi(config), new DemoProvider()];
}

/** A key alone means OpenAI itself; an address alone means a server that wants no key. */
function openAi(config: ModelProxyConfig): Provider[] {
  if (!config.openAiBaseUrl && !config.openAiApiKey) return [];
  const options = {
    name: 'openai',
    baseUrl: config.openAiBaseUrl ?? openAiBaseUrl,
    apiKey: config.openAiApiKey?.reveal().trim() ?? '',
    connectTimeoutMs: config.connectTimeoutMs,
    silenceTimeoutMs: config.silenceTimeoutMs,
  };
  return [new OpenAiCompatibleProvider(options)];
}
