export { Accounts, type AccountsOptions } from './accounts.js';
export { ModelController, type ModelProxyLog } from './api/model.controller.js';
export type * from './domain/money-gate.js';
export type * from './domain/provider-store.js';
export { modelProxySchema } from './infra/migrations/index.js';
export { type ModelProxyConfig, modelProxyConfig, modelProxyProcessConfig } from './model-proxy.config.js';
export { ModelProxy, ModelProxyModule, type ModelProxyOptions } from './model-proxy.module.js';
