import type { Json } from '@treadle/workflow';
import { type Drawing, type Drawn, defaultsOf, letters } from './random-workflow.js';

type Selector = readonly [string, ...string[]];

/**
 * What the world answers: the same for a key, an attempt and what the node read, in whatever order it is asked. `gone` and `away`
 * are failures; after `away` trying again may help.
 */
export class World {
  constructor(private readonly seed: number) {}

  work(key: string, attempt: number, read: readonly (Json | undefined)[], givesList: boolean): Json {
    const luck = this.hash(`${key}#${attempt}`);
    if (luck % 100 < 9) return 'gone';
    if (luck % 100 < 25) return 'away';
    return this.answer(key, read, givesList);
  }

  protected answer(key: string, read: readonly (Json | undefined)[], givesList: boolean): Json {
    const word = this.hash(`${key} ${JSON.stringify(read.map((value) => value ?? null))}`);
    const letter = (shift: number) => letters[(word >>> shift) % 3] ?? 'p';
    return givesList ? Array.from({ length: word % 4 }, (_, index) => letter(index + 2)) : letter(2);
  }

  approves(key: string): boolean {
    return this.hash(`${key}?`) % 4 > 0;
  }

  private hash(text: string): number {
    let hash = 0x811c9dc5 ^ this.seed;
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}

/** The same world when all is well again, but for what has failed under these keys and is to stay so. */
export class MendedWorld extends World {
  constructor(
    seed: number,
    private readonly failed: ReadonlySet<string>,
  ) {
    super(seed);
  }

  override work(key: string, _attempt: number, read: readonly (Json | undefined)[], givesList: boolean): Json {
    return this.failed.has(key) ? 'gone' : this.answer(key, read, givesList);
  }

  override approves(key: string): boolean {
    return !this.failed.has(key);
  }
}

interface Done {
  /** The branch taken; absent for a node that was skipped. */
  readonly handle?: string;
  readonly outputs?: Record<string, Json>;
}

interface Scope {
  readonly prefix: string;
  readonly done: Map<string, Done>;
  readonly outside?: Scope;
  readonly container?: { readonly id: string; readonly locals: Record<string, Json> };
}

/** A failure that nothing has handled. */
class Failed extends Error {}

/** Runs a drawing the plain way: node by node, round by round, one after the other. Gives its outputs, or that it failed. */
export function interpret(drawing: Drawing, world: World): Record<string, Json> | 'failed' {
  const scope: Scope = { prefix: '', done: new Map() };
  try {
    runGraph(drawing.nodes, scope, world);
  } catch (error) {
    if (error instanceof Failed) return 'failed';
    throw error;
  }
  return Object.fromEntries(drawing.shown.map((selector) => [selector.join('_'), read(scope, selector) ?? null]));
}

function runGraph(nodes: readonly Drawn[], scope: Scope, world: World): void {
  for (const node of nodes) {
    const isTaken =
      node.kind === 'start' || node.incoming.some(({ source, handle }) => scope.done.get(source)?.handle === handle);
    if (!isTaken) {
      scope.done.set(node.id, {});
      continue;
    }
    try {
      scope.done.set(node.id, runNode(node, scope, world));
    } catch (error) {
      if (!(error instanceof Failed) || node.onError === 'fail') throw error;
      const handled =
        node.onError === 'fail-branch'
          ? { handle: 'fail-branch', outputs: {} }
          : { handle: 'source', outputs: defaultsOf(node.kind) };
      scope.done.set(node.id, handled);
    }
  }
}

function runNode(node: Drawn, scope: Scope, world: World): Done {
  const gives = (outputs: Record<string, Json>): Done => ({ handle: 'source', outputs });
  switch (node.kind) {
    case 'start':
    case 'wait':
      return gives({});
    case 'loop-end':
      return { handle: 'nowhere', outputs: {} };
    case 'work':
      return gives({ value: workOf(node, scope, world) });
    case 'branch': {
      const value = read(scope, node.reads);
      if (value === undefined) throw new Failed();
      return { handle: String(value === node.expected), outputs: {} };
    }
    case 'first': {
      const value = node.reads.map((selector) => read(scope, selector)).find((found) => found !== undefined);
      return gives(value === undefined ? {} : { output: value });
    }
    case 'add': {
      const locals = scope.container?.locals ?? {};
      locals['n'] = Number(locals['n']) + 1;
      return gives({});
    }
    case 'iteration':
      return gives({ output: iterate(node, scope, world) });
    case 'loop':
      return gives(loop(node, scope, world));
  }
}

function workOf(node: Extract<Drawn, { kind: 'work' }>, scope: Scope, world: World): Json {
  const key = scope.prefix + node.id;
  if (node.guarded && !world.approves(key)) throw new Failed();
  const values = node.reads.map((selector) => read(scope, selector));
  for (let attempt = 1; attempt <= node.attempts; attempt++) {
    const answer = world.work(key, attempt, values, node.givesList);
    if (answer === 'gone') throw new Failed();
    if (answer !== 'away') return answer;
  }
  throw new Failed();
}

function iterate(node: Extract<Drawn, { kind: 'iteration' }>, scope: Scope, world: World): Json {
  const items = read(scope, node.list);
  if (!Array.isArray(items)) throw new Failed();
  const outputs = (items as Json[]).flatMap((item, index): Json[] => {
    const inside = roundOf(node.id, index, { item, index }, scope);
    try {
      runGraph(node.body, inside, world);
      return [read(inside, node.output) ?? null];
    } catch (error) {
      if (!(error instanceof Failed) || node.mode === 'terminated') throw error;
      return node.mode === 'continue-on-error' ? [null] : [];
    }
  });
  const given = outputs.filter((output) => output !== null);
  const areLists = given.length > 0 && given.every((output) => Array.isArray(output));
  return node.flatten && areLists ? given.flat(1) : outputs;
}

function loop(node: Extract<Drawn, { kind: 'loop' }>, scope: Scope, world: World): Record<string, Json> {
  let n = 0;
  for (let index = 0; index < node.count; index++) {
    const inside = roundOf(node.id, index, { n, index }, scope);
    runGraph(node.body, inside, world);
    n = Number(inside.container?.locals['n']);
    const isOver = typeof node.until === 'number' ? n >= node.until : read(inside, node.until) === 'p';
    const isEnded = [...inside.done.values()].some(({ handle }) => handle === 'nowhere');
    if (isOver || isEnded) break;
  }
  return { n };
}

function roundOf(id: string, index: number, locals: Record<string, Json>, outside: Scope): Scope {
  return { prefix: `${outside.prefix}${id}[${index}]/`, done: new Map(), outside, container: { id, locals } };
}

function read(scope: Scope, [id, name = '']: Selector): Json | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outside) {
    const done = at.done.get(id);
    if (done) return done.outputs?.[name];
    if (at.container?.id === id) return at.container.locals[name];
  }
  return undefined;
}
