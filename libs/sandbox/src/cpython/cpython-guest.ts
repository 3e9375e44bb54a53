import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonLine, ProcessGuest } from '@treadle/guests';
import type { CodeGuest, GuestCall, GuestLimits } from '../guest.js';
import { longestReply, parseReply } from '../python/reply.js';
import { type ForkServerOptions, forkServer } from './fork-server.js';

const megabyte = 1024 * 1024;

/** The interpreter and the packages it loads, beside the memory of a call. Threads of packages take addresses without writing to them. */
const interpreterBytes = 256 * megabyte;
const interpreterAddresses = 2048 * megabyte;

/**
 * Starts CPython, which runs each call in a process forked from it. It has no environment, and a folder of its own that is gone when it
 * is. Resolves when it is ready.
 */
export async function startCpython(limits: GuestLimits, interpreter: string): Promise<CodeGuest> {
  const folder = await mkdtemp(join(tmpdir(), 'treadle-cpython-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const guest = await ProcessGuest.start({
      command: [interpreter, '-I', '-B', '-X', 'utf8', '-c', forkServer, JSON.stringify(serverOptions(limits, folder))],
      cwd: folder,
      write: (call: GuestCall) => [jsonLine(call)],
      parse: parseReply,
      longestLine: longestReply(limits),
      mostBytes: interpreterBytes + limits.memoryBytes,
      tookTooMuch: { kind: 'exceeded', limit: 'memory', printed: '' },
    });
    // What code made unreadable for its own user stays until the container goes.
    void guest.gone.then(removeFolder).catch(() => undefined);
    return guest;
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

function serverOptions(limits: GuestLimits, folder: string): ForkServerOptions {
  return {
    folder,
    outputCharacters: limits.outputCharacters,
    printedCharacters: limits.printedCharacters,
    replyBytes: longestReply(limits),
    dataBytes: interpreterBytes + limits.memoryBytes,
    addressBytes: interpreterAddresses + limits.memoryBytes,
    processorSeconds: Math.ceil(limits.timeoutMs / 1000) * availableParallelism() + 1,
    processes: 512,
    fileBytes: 64 * megabyte,
    openFiles: 256,
  };
}
