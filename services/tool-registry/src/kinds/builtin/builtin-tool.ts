import type { JsonObject } from '@treadle/workflow';
import type { CallWorld, ToolOutcome } from '../../domain/toolset-kind.js';

/** A tool of our own. */
export interface BuiltinTool {
  /** For the model. */
  readonly description: string;
  /** JSON schema of the arguments, an object without references. */
  readonly parameters: JsonObject;
  readonly mutating: boolean;
  /** What is wrong with the arguments beyond their schema, and what the tool finds out, is an outcome that a model can read. */
  call(args: JsonObject, world: CallWorld): Promise<ToolOutcome> | ToolOutcome;
}
