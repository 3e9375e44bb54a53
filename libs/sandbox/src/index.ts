export * from './code-sandbox.js';
