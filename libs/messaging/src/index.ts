export * from './bus-log.js';
export * from './in-process-broker.js';
export * from './in-process-bus.js';
export * from './message-bus.js';
export * from './nats-bus.js';
