export { abandon, advance, type Decision, engineVersion, newRun } from './advance.js';
export * from './event.js';
export { replay } from './fold.js';
export type { Input, Outcome } from './input.js';
export { type Command, newlyOutstanding, nextWake, outstanding } from './outstanding.js';
export { readFrom } from './read.js';
export { runOutputs } from './run-outputs.js';
export type { NodeState, RunState, Scopes } from './state.js';
