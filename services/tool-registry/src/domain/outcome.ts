import type { Json } from '@treadle/workflow';
import type { ToolOutcome } from './toolset-kind.js';

/** An answer that is a text. */
export function textOutcome(text: string, json?: Json): ToolOutcome {
  return { text, ...(json !== undefined && { json }), files: [], isError: false, warnings: [] };
}

/** What a tool says has gone wrong, with what to do, so that a model may try otherwise. */
export function errorOutcome(text: string): ToolOutcome {
  return { text, files: [], isError: true, warnings: [] };
}
