export * from './model-server.js';
export * from './model-server-protocol.js';
export * from './nats.js';
export { type TestDatabase, testDatabase } from './postgres.js';
