export * from './capabilities.js';
export * from './catalog.js';
export * from './define-node.js';
export * from './start/check-inputs.js';
export { type InputVariable, type StartConfig, startConfigSchema } from './start/start.descriptor.js';
