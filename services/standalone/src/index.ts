export { standaloneConfig } from './standalone.config.js';
