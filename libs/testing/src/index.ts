export * from './nats.js';
export { type TestDatabase, testDatabase } from './postgres.js';
