export { interpret, MendedWorld, World } from './interpreter.js';
export { type Drawing, drawWorkflow, everyNode, type Random, randomFrom } from './random-workflow.js';
export { catalog, compiled, documentOf, type NodeInput, type Rest } from './work-catalog.js';
