export { makeKinds } from './kinds/index.js';
