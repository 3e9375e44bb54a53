export * from './descriptor.js';
export * from './document.js';
export * from './json.js';
export * from './plan.js';
export * from './selector.js';
export * from './text-template.js';
