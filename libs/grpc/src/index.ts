export * from './client.js';
export * from './failure-message.js';
export * from './grpc-server.module.js';
export * from './handlers.js';
export * from './in-process.js';
export * from './limits.js';
export * from './server.js';
export { type AnyMethod, type AnyService, type ServedService, served } from './service.js';
export * from './whole.js';
