export * from './define-config.js';
export * from './secret.js';
export * from './service-tls.js';
export * from './settings.js';
