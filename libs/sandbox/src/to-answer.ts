import { FailureError } from '@treadle/failure';
import type { CodeAnswer } from '@treadle/nodes';
import type { Json } from '@treadle/workflow';
import type { GuestReply } from './guest.js';

/** The caps as messages name them. */
export interface Caps {
  readonly timeoutSeconds: number;
  readonly memoryBytes: number;
  /** The interpreter where Python runs in CPython. */
  readonly cpython?: string;
}

/** Lists and objects inside one another. Whoever walks through a result later can rely on it. */
const deepest = 100;

/** What a guest replied, as an answer. Throws the failure where it is none. */
export function toAnswer(reply: GuestReply, caps: Caps): CodeAnswer {
  switch (reply.kind) {
    case 'returned':
      return { result: parseResult(reply.json), printed: reply.printed };
    case 'raised':
      throw FailureError.of('code_failed', raisedMessage(reply) + remedy(reply, caps), {
        details: { type: reply.name, line: reply.line ?? null, printed: reply.printed },
      });
    case 'exceeded':
      throw exceeded(reply, caps);
  }
}

function raisedMessage({ name, message, line }: Extract<GuestReply, { kind: 'raised' }>): string {
  const place = line === undefined ? '' : ` on line ${line}`;
  return `The code failed${place} with ${name}${message === '' ? '' : `: ${message}`}`;
}

/** What to do about a package that is not there. */
function remedy({ name }: Extract<GuestReply, { kind: 'raised' }>, { cpython }: Caps): string {
  if (name !== 'ModuleNotFoundError') return '';
  if (cpython !== undefined) return '. Install the package in the image of this pool.';
  return '. There is the standard library only here: give the node a pool whose executors run Python in CPython (TREADLE_CODE_PYTHON=cpython) and have the package in their image.';
}

function exceeded({ limit, printed }: Extract<GuestReply, { kind: 'exceeded' }>, caps: Caps): FailureError {
  const details = { printed };
  switch (limit) {
    case 'time':
      return FailureError.of(
        'code_timeout',
        `The code was not done after ${caps.timeoutSeconds} s and was stopped. Give it less to do.`,
        { details },
      );
    case 'memory':
      return FailureError.of(
        'code_memory_exceeded',
        `The code needed more than ${Math.round(caps.memoryBytes / 1024 / 1024)} MiB of memory and was stopped. Give it less at a time.`,
        { details },
      );
    case 'output':
      return FailureError.of('code_output_invalid', 'The code returned more than 10 MiB. Return less.', { details });
  }
}

function parseResult(json: string): Json {
  if (depthOf(json) > deepest)
    throw FailureError.of('code_output_invalid', `The code returned lists or objects nested over ${deepest} deep.`);
  return JSON.parse(json) as Json;
}

/** Looked up in the text: a value that is nested too deeply must not be made at all. */
function depthOf(json: string): number {
  let depth = 0;
  let most = 0;
  for (const [bracket] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (bracket === '[' || bracket === '{') most = Math.max(most, (depth += 1));
    else if (bracket === ']' || bracket === '}') depth -= 1;
  }
  return most;
}
