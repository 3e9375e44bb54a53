export { ModelController } from './api/model.controller.js';
export { MODEL_PROXY_CONFIG, type ModelProxyConfig, modelProxyConfig } from './model-proxy.config.js';
export { ModelProxyModule } from './model-proxy.module.js';
