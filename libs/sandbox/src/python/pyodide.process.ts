import { constants, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { createInterface } from 'node:readline';
import type { loadPyodide, PyodideAPI } from 'pyodide';
import type { GuestCall, GuestLimits } from '../guest.js';

/**
 * The process in which Python of users runs, in Pyodide: calls come in as lines of JSON, replies go out as lines of JSON. After each call
 * the memory and the files are put back to what they were before the first one. Whenever that cannot be done the process ends, and the
 * next call gets another. Its one argument says where everything is. Imports nothing of ours but types, so that it also runs from source.
 */
const options = JSON.parse(process.argv[2] ?? '') as {
  readonly pyodide: string;
  readonly snapshot: string;
  readonly prelude: string;
  readonly limits: GuestLimits;
};

/** The part of Emscripten's file system that is used here; Pyodide's types leave it open. */
interface Files {
  readonly streams: readonly (object | null)[];
  close(stream: object): void;
  cwd(): string;
  chdir(path: string): void;
  readdir(path: string): string[];
  lstat(path: string): { readonly mode: number };
  isDir(mode: number): boolean;
  isFile(mode: number): boolean;
  readFile(path: string): Uint8Array;
  writeFile(path: string, content: Uint8Array): void;
  rmdir(path: string): void;
  unlink(path: string): void;
}

/** What Pyodide has beside its API. */
interface Inside {
  readonly FS: Files;
  /** Emscripten's module; the array is another one after the memory has grown. */
  readonly _module: { readonly HEAPU8: Uint8Array };
}

type Run = (code: string, inputsJson: string, mostOutput: number, mostPrinted: number) => string;

let mostMemory = Number.POSITIVE_INFINITY;
let sealed = false;

/** Memory that may not grow makes Python raise a MemoryError. */
function capMemory(): void {
  const memory = WebAssembly.Memory.prototype;
  const grow = Reflect.get<WebAssembly.Memory, 'grow'>(memory, 'grow');
  memory.grow = function (pages) {
    if (this.buffer.byteLength + pages * 65_536 > mostMemory) throw new RangeError('The memory is used up.');
    return grow.call(this, pages);
  };
}

/** Takes away what Node offers to whoever gets from Python to JavaScript: modules, the network, other processes. */
function seal(): void {
  sealed = true;
  for (const name of ['getBuiltinModule', 'binding', '_linkedBinding', 'dlopen', 'kill', '_kill', '_debugProcess'])
    Reflect.set(process, name, undefined);
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'Worker', 'BroadcastChannel', 'require', 'module'])
    Reflect.deleteProperty(globalThis, name);
}

async function start(): Promise<PyodideAPI> {
  // Emscripten asks for the flags of open this way, which the permission model refuses.
  Reflect.set(process, 'binding', () => ({ fs: constants }));
  registerHooks({
    resolve(specifier, context, next) {
      if (sealed) throw new Error('Nothing can be loaded here.');
      return next(specifier, context);
    },
  });
  const pyodide = (await import(options.pyodide)) as { loadPyodide: typeof loadPyodide };
  const ignore = () => undefined;
  return pyodide.loadPyodide({
    _loadSnapshot: readFileSync(options.snapshot),
    jsglobals: {},
    env: {},
    stdin: () => null,
    stdout: ignore,
    stderr: ignore,
  });
}

/** Every path of the file system but those of devices and of the system, folders before what is in them. */
function pathsIn(files: Files, folder: string): string[] {
  const names = files.readdir(folder).filter((name) => name !== '.' && name !== '..');
  const paths = names.map((name) => `${folder === '/' ? '' : folder}/${name}`);
  return paths
    .filter((path) => path !== '/dev' && path !== '/proc')
    .flatMap((path) => (isFolder(files, path) ? [path, ...pathsIn(files, path)] : [path]));
}

const modeOf = (files: Files, path: string) => files.lstat(path).mode;
const isFolder = (files: Files, path: string) => files.isDir(modeOf(files, path));

/** Remembers the file system; what it gives puts it back. */
function rememberFiles(files: Files): () => void {
  const cwd = files.cwd();
  const paths = pathsIn(files, '/');
  const contents = paths
    .filter((path) => files.isFile(modeOf(files, path)))
    .map((path) => [path, files.readFile(path), modeOf(files, path)] as const);
  const known = new Set(paths);
  return () => {
    for (const stream of files.streams.slice(3)) if (stream) files.close(stream);
    for (const path of pathsIn(files, '/').reverse()) {
      if (known.has(path)) continue;
      if (isFolder(files, path)) files.rmdir(path);
      else files.unlink(path);
    }
    for (const [path, content, mode] of contents) {
      if (modeOf(files, path) !== mode) throw new Error('A file of Python itself was changed.');
      if (Buffer.compare(files.readFile(path), content) !== 0) files.writeFile(path, content);
    }
    files.chdir(cwd);
  };
}

/** Remembers the memory; what it gives puts it back, all of Python with it. */
function rememberMemory(module: { readonly HEAPU8: Uint8Array }): () => void {
  const before = module.HEAPU8.slice();
  return () => {
    module.HEAPU8.set(before);
    module.HEAPU8.fill(0, before.length);
  };
}

capMemory();
const python = await start();
const { memoryBytes, outputCharacters, printedCharacters } = options.limits;
const run = python.runPython(options.prelude) as Run;
const call = ({ code, inputsJson }: GuestCall) => run(code, inputsJson, outputCharacters, printedCharacters);
// The first call makes things that stay, on both sides, and loads what Pyodide needs for random numbers.
call({ code: 'def main(): return {}', inputsJson: '{}' });
seal();
const { FS: files, _module: module } = python as unknown as Inside;
mostMemory = module.HEAPU8.length + memoryBytes;
const restoreFiles = rememberFiles(files);
const restoreMemory = rememberMemory(module);

/** Says that the next call may come. */
const ready = () => process.stdout.write('"ready"\n');

createInterface({ input: process.stdin })
  .on('line', (line) => {
    process.stdout.write(`${call(JSON.parse(line) as GuestCall)}\n`, () => {
      restoreFiles();
      restoreMemory();
      ready();
    });
  })
  .on('close', () => process.exit());
ready();
