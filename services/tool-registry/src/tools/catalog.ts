import type { BuiltinTool } from '../kinds/builtin/builtin-tool.js';
import { currentTime } from './current-time/current-time.tool.js';

/** Every built-in tool by the name models call it by, alphabetical. */
export const builtinTools: Readonly<Record<string, BuiltinTool>> = {
  current_time: currentTime,
};
