import { jsonLine, ProcessGuest } from '@treadle/guests';
import { z } from 'zod';
import type { CodeGuest, GuestCall, GuestLimits, GuestReply } from '../guest.js';
import { packageFile, programPath, pyodideFile, pyodideFolder } from './paths.js';
import { prelude } from './prelude.js';
import type { Snapshot } from './snapshot.js';

/** The process beside the memory its Python may take: Node, Pyodide, the snapshot and a copy of it. */
const processBytes = 512 * 1024 * 1024;

const always = { printed: z.string(), refused: z.array(z.string().max(100)).max(20).optional() };
const replySchema: z.ZodType<GuestReply> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('returned'), json: z.string(), ...always }),
  z.object({
    kind: z.literal('raised'),
    name: z.string(),
    message: z.string(),
    line: z.number().int().optional(),
    ...always,
  }),
  z.object({ kind: z.literal('exceeded'), limit: z.enum(['time', 'memory', 'output']), ...always }),
]);

/**
 * Starts a process with Pyodide in it. It may read Pyodide and nothing else, write nothing, start nothing, and has no environment and no
 * network. Resolves when Python is ready.
 */
export function startPython(limits: GuestLimits, snapshot: Snapshot): Promise<CodeGuest> {
  const readable = [programPath('pyodide.process'), packageFile, pyodideFolder, snapshot.folder];
  const options = { pyodide: pyodideFile, snapshot: snapshot.file, prelude, limits };
  return ProcessGuest.start({
    command: [
      process.execPath,
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      '--disallow-code-generation-from-strings',
      '--disable-warning=SecurityWarning',
      '--max-old-space-size=128',
      programPath('pyodide.process'),
      JSON.stringify(options),
    ],
    write: (call: GuestCall) => [jsonLine(call)],
    parse: (line) => replySchema.parse(JSON.parse(line)),
    longestLine: 2 * limits.outputCharacters + 8 * limits.printedCharacters,
    mostBytes: processBytes + limits.memoryBytes,
    tookTooMuch: { kind: 'exceeded', limit: 'memory', printed: '' },
  });
}
