export * from './node-executor.config.js';
export { NodeExecutorModule, type NodeExecutorOptions } from './node-executor.module.js';
