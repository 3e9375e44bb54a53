export * from './codes.js';
export * from './failure.js';
