export { NodeExecutorModule, type NodeExecutorOptions } from './app.module.js';
export * from './node-executor.config.js';
