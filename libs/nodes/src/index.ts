export * from './capabilities.js';
export * from './define-node.js';
