export * from './import-dify.js';
