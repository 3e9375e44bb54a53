export * from './capabilities.js';
export * from './catalog.js';
export * from './define-node.js';
export * from './executors.js';
export { type HttpRequestConfig, httpRequestConfigSchema } from './http-request/http-request.descriptor.js';
export { type LlmConfig, llmConfigSchema } from './llm/llm.descriptor.js';
export * from './start/check-inputs.js';
export { type InputVariable, type StartConfig, startConfigSchema } from './start/start.descriptor.js';
