import { jsonLine, ProcessGuest } from '@treadle/guests';
import type { CodeGuest, GuestCall, GuestLimits } from '../guest.js';
import { packageFile, programPath, pyodideFile, pyodideFolder } from './paths.js';
import { prelude } from './prelude.js';
import { longestReply, parseReply } from './reply.js';
import type { Snapshot } from './snapshot.js';

/** The process beside the memory its Python may take: Node, Pyodide, the snapshot and a copy of it. */
const processBytes = 512 * 1024 * 1024;

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
    parse: parseReply,
    longestLine: longestReply(limits),
    mostBytes: processBytes + limits.memoryBytes,
    tookTooMuch: { kind: 'exceeded', limit: 'memory', printed: '' },
  });
}
