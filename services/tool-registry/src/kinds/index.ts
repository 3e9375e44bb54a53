import type { Kinds } from '../domain/kinds.js';
import { builtin } from './builtin/index.js';
import { makeMcp } from './mcp/index.js';
import { openapi } from './openapi/index.js';

/** Every kind, alphabetical. */
export function makeKinds(): Kinds {
  return {
    builtin,
    mcp: makeMcp(),
    openapi,
  };
}
