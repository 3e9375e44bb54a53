import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import type { GuestCall, GuestLimits, GuestReply } from '../guest.js';

/** The thread in which JavaScript of users runs, in QuickJS. Imports nothing of ours but types, so that it also runs from source. */
const limits = workerData as GuestLimits;
const stackBytes = 512 * 1024;
const longestMessage = 2000;
const mostModules = 20;
const longestNote = 100;

/** What hosts of JavaScript offer under these names is not here; whoever looks for it is told of. */
const hostNames = [
  ...['process', 'require', 'module', 'Deno', 'Bun', 'WebAssembly', 'Buffer', 'Module', '__filename', '__dirname'],
  ...[
    'fetch',
    'XMLHttpRequest',
    'WebSocket',
    'EventSource',
    'Worker',
    'BroadcastChannel',
    'MessageChannel',
    'window',
    'self',
  ],
  ...['importScripts', 'parentPort', 'workerData', 'postMessage', 'setTimeout', 'setInterval', 'setImmediate'],
  ...['std', 'os', 'bjson', 'loadScript'],
];

/**
 * Runs in the guest before the user's code and keeps what it needs of a world that nobody has changed yet. The console is made of the
 * guest's own stuff: code is given no function of the host at all. Names that a host would have give nothing, and are noted.
 */
const prelude = `(() => {
  const { stringify, parse } = JSON;
  let printed = '';
  const show = (value) => (typeof value === 'string' ? value : (stringify(value) ?? String(value)));
  const print = (...values) => {
    if (printed.length < ${limits.printedCharacters})
      printed = (printed + values.map(show).join(' ') + '\\n').slice(0, ${limits.printedCharacters});
  };
  const refused = [];
  const push = refused.push.bind(refused);
  for (const name of ${JSON.stringify(hostNames)})
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => void (refused.includes(name) || push(name)),
      set: (value) => void Object.defineProperty(globalThis, name, { configurable: true, writable: true, enumerable: true, value }),
    });
  globalThis.console = { log: print, info: print, warn: print, error: print, debug: print };
  return { printed: () => printed, refused: () => stringify(refused), parse: (json) => parse(json), stringify: (value) => stringify(value) };
})()`;

/** An interpreter that has run nothing yet, in linear memory of its own. */
interface FreshInterpreter {
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  readonly tools: QuickJSHandle;
}

/** Its type declarations describe another kind of module than the one it is. */
const ngVariant = variant as unknown as QuickJSSyncVariant;

const wasm = compile();

async function compile() {
  const folder = dirname(createRequire(import.meta.url).resolve('@jitl/quickjs-ng-wasmfile-release-sync'));
  return WebAssembly.compile(await readFile(join(folder, 'emscripten-module.wasm')));
}

async function freshInterpreter(): Promise<FreshInterpreter> {
  const quickJs = await newQuickJSWASMModuleFromVariant(newVariant(ngVariant, { wasmModule: await wasm }));
  const runtime = quickJs.newRuntime({ memoryLimitBytes: limits.memoryBytes, maxStackSizeBytes: stackBytes });
  const context = runtime.newContext();
  return { runtime, context, tools: context.unwrapResult(context.evalCode(prelude, 'prelude.js')) };
}

/** One call in an interpreter, which is thrown away after it. */
class Call {
  private readonly interpreter: FreshInterpreter;
  private interrupted = false;
  /** The modules the code asked for. */
  private readonly modules = new Set<string>();

  constructor(interpreter: FreshInterpreter) {
    this.interpreter = interpreter;
    const endsAt = performance.now() + limits.timeoutMs;
    interpreter.runtime.setModuleLoader((name) => {
      if (this.modules.size < mostModules) this.modules.add(`import ${name}`.slice(0, longestNote));
      return { error: new Error('There are no modules here.') };
    });
    interpreter.runtime.setInterruptHandler(() => (this.interrupted ||= performance.now() > endsAt));
  }

  run(call: GuestCall): GuestReply {
    const reply = this.reply(call);
    const refused = this.refused();
    return refused.length === 0 ? reply : { ...reply, refused };
  }

  private reply({ code, inputsJson }: GuestCall): GuestReply {
    const { context } = this.interpreter;
    const defined = context.evalCode(code, 'code.js');
    if (defined.error) return this.raised(defined.error);
    const main = context.unwrapResult(context.evalCode(`typeof main === 'function' ? main : undefined`));
    if (context.typeof(main) !== 'function') return this.missingMain();
    const inputs = this.tool('parse', context.newString(inputsJson));
    if (inputs.error) return this.raised(inputs.error);
    const returned = context.callFunction(main, context.undefined, inputs.value);
    return returned.error ? this.raised(returned.error) : this.settled(returned.value);
  }

  /** What `main` gave, after its promise where it gave one. Nothing outside ever settles a promise, so the jobs at hand are all there are. */
  private settled(value: QuickJSHandle): GuestReply {
    const { context, runtime } = this.interpreter;
    const jobs = runtime.executePendingJobs();
    if (jobs.error) return this.raised(jobs.error);
    const state = context.getPromiseState(value);
    switch (state.type) {
      case 'fulfilled':
        return this.returned(state.value);
      case 'rejected':
        return this.raised(state.error);
      case 'pending':
        return this.raisedHere('Error', 'main returned a promise that nothing will settle. There are no timers here.');
    }
  }

  private returned(value: QuickJSHandle): GuestReply {
    const { context } = this.interpreter;
    const text = this.tool('stringify', value);
    if (text.error) return this.raised(text.error);
    if (context.typeof(text.value) !== 'string') return { kind: 'returned', json: 'null', printed: this.printed() };
    const length = context.getNumber(context.getProp(text.value, 'length'));
    if (length > limits.outputCharacters) return { kind: 'exceeded', limit: 'output', printed: this.printed() };
    return { kind: 'returned', json: context.getString(text.value), printed: this.printed() };
  }

  private raised(error: QuickJSHandle): GuestReply {
    const { name, message, stack } = this.facts(error);
    if (this.interrupted) return { kind: 'exceeded', limit: 'time', printed: '' };
    if (name === 'InternalError' && message === 'out of memory')
      return { kind: 'exceeded', limit: 'memory', printed: '' };
    const line = Number(/code\.js:(\d+)/.exec(stack)?.[1] ?? Number.NaN);
    return this.raisedHere(name, message, Number.isNaN(line) ? undefined : line);
  }

  /** An error as the guest tells of it. Anything can be thrown, and telling can throw in turn. */
  private facts(error: QuickJSHandle): { name: string; message: string; stack: string } {
    if (this.interpreter.context.typeof(error) !== 'object')
      return { name: 'Error', message: this.textOf(error), stack: '' };
    const fact = (name: string) => this.textOf(this.interpreter.context.getProp(error, name));
    try {
      return { name: fact('name') || 'Error', message: fact('message'), stack: fact('stack') };
    } catch {
      return { name: 'Error', message: 'The code threw something that cannot be read.', stack: '' };
    }
  }

  /** Texts only: turning anything else into one would run code of the user again. */
  private textOf(value: QuickJSHandle): string {
    const { context } = this.interpreter;
    const type = context.typeof(value);
    return type === 'string' || type === 'number' ? context.getString(value).slice(0, longestMessage) : '';
  }

  private missingMain(): GuestReply {
    return this.raisedHere('ReferenceError', 'The code defines no function named main.');
  }

  private raisedHere(name: string, message: string, line?: number): GuestReply {
    return { kind: 'raised', name, message, line, printed: this.printed() };
  }

  private printed(): string {
    const text = this.tool('printed');
    return text.error ? '' : this.interpreter.context.getString(text.value);
  }

  private refused(): string[] {
    const text = this.tool('refused');
    const names = text.error ? [] : (JSON.parse(this.interpreter.context.getString(text.value)) as string[]);
    return [...names, ...this.modules];
  }

  private tool(name: 'printed' | 'parse' | 'refused' | 'stringify', ...values: QuickJSHandle[]) {
    const { context, tools } = this.interpreter;
    return context.callFunction(context.getProp(tools, name), context.undefined, values);
  }
}

/** Made while nobody waits, so that a call finds it ready. */
let next = await freshInterpreter();
const ready = () => parentPort?.postMessage('ready');

parentPort?.on('message', (call: GuestCall) => {
  parentPort?.postMessage(new Call(next).run(call));
  void freshInterpreter().then((fresh) => {
    next = fresh;
    ready();
  });
});
ready();
