export { ModelController, type ModelProxyLog } from './api/model.controller.js';
export { type ModelProxyConfig, modelProxyConfig } from './model-proxy.config.js';
export { ModelProxyModule, type ModelProxyOptions } from './model-proxy.module.js';
