export { retrievalSchema } from './infra/migrations/index.js';
export { type RetrievalConfig, retrievalConfig, retrievalProcessConfig } from './retrieval.config.js';
export { Retrieval, type RetrievalOptions } from './retrieval.js';
export { RetrievalModule } from './retrieval.module.js';
