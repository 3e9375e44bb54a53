export { toolRegistrySchema } from './infra/migrations/index.js';
export { type ToolRegistryConfig, toolRegistryConfig, toolRegistryProcessConfig } from './tool-registry.config.js';
export { ToolRegistry, type ToolRegistryParts } from './tool-registry.js';
export { ToolRegistryModule } from './tool-registry.module.js';
