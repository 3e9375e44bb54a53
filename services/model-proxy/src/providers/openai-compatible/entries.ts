import type { Dialect } from './options.js';

/** A server with OpenAI's protocol, as data. */
export interface CompatibleServer {
  /** Undefined for servers that everybody runs at their own address. */
  readonly baseUrl: string | undefined;
  readonly dialect?: Dialect;
  /** The vendor documents that it bills requests under one `Idempotency-Key` once. Absent where it does not. */
  readonly mergesRepeats?: true;
}

/** Servers that speak OpenAI's protocol, alphabetical. A new one is a line here. */
export const compatibleServers = {
  // At https://bedrock-runtime.<region>.amazonaws.com/openai/v1, with an API key of Bedrock.
  bedrock: { baseUrl: undefined },
  cerebras: { baseUrl: 'https://api.cerebras.ai/v1' },
  cohere: {
    baseUrl: 'https://api.cohere.ai/compatibility/v1',
    dialect: { maxTokensName: 'max_tokens', structuredOutput: 'json_object', embeddingBatch: 96 },
  },
  deepinfra: { baseUrl: 'https://api.deepinfra.com/v1/openai' },
  deepseek: {
    baseUrl: 'https://api.deepseek.com/v1',
    dialect: { maxTokensName: 'max_tokens', structuredOutput: 'json_object' },
  },
  fireworks: { baseUrl: 'https://api.fireworks.ai/inference/v1' },
  groq: { baseUrl: 'https://api.groq.com/openai/v1' },
  jina: { baseUrl: 'https://api.jina.ai/v1', dialect: { embeddingBatch: 512 } },
  'lm-studio': { baseUrl: 'http://127.0.0.1:1234/v1' },
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    dialect: { maxTokensName: 'max_tokens', embeddingBatch: 128 },
  },
  moonshot: {
    baseUrl: 'https://api.moonshot.ai/v1',
    dialect: { maxTokensName: 'max_tokens', structuredOutput: 'json_object' },
  },
  'openai-compatible': { baseUrl: undefined },
  openrouter: { baseUrl: 'https://openrouter.ai/api/v1' },
  perplexity: { baseUrl: 'https://api.perplexity.ai' },
  qwen: {
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    dialect: { structuredOutput: 'json_object', embeddingBatch: 10 },
  },
  siliconflow: {
    baseUrl: 'https://api.siliconflow.cn/v1',
    dialect: { maxTokensName: 'max_tokens', structuredOutput: 'json_object', embeddingBatch: 32 },
  },
  together: { baseUrl: 'https://api.together.xyz/v1' },
  vllm: { baseUrl: undefined },
  xai: { baseUrl: 'https://api.x.ai/v1' },
  zhipu: { baseUrl: 'https://open.bigmodel.cn/api/paas/v4', dialect: { structuredOutput: 'json_object' } },
} as const satisfies Readonly<Record<string, CompatibleServer>>;
