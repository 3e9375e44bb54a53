import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainPoint, chainStart, hashAfter } from './chain.js';
import type { AuditEntry, AuditValue } from './entry.js';
import { BrokenChain, ChainWalk } from './verify.js';

interface Link {
  readonly entry: AuditEntry;
  readonly hash: string;
}

const note = fc.record({
  action: fc.string(),
  after: fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<AuditValue>,
  id: fc.string(),
});

const chain = fc.array(note, { minLength: 1, maxLength: 6 }).map((notes) => {
  let point = chainStart('acme');
  return notes.map(({ action, after, id }): Link => {
    const seq = point.seq + 1;
    const actor = { kind: 'user', id: 'u', address: '', agent: '' } as const;
    const at = new Date(seq).toISOString();
    const object = { kind: 'thing', id };
    const entry = { tenant: 'acme', seq, at, actor, action, object, outcome: 'done', request: 'r', after } as const;
    point = { seq, hash: hashAfter(point.hash, entry) };
    return { entry, hash: point.hash };
  });
});

function walk(links: readonly Link[], head: ChainPoint, known: readonly ChainPoint[] = []): ChainPoint {
  const walking = new ChainWalk('acme', chainStart('acme'), known);
  for (const { entry, hash } of links) walking.next(entry, hash);
  return walking.end(head);
}

const headOf = (links: readonly Link[]): ChainPoint => ({ seq: links.at(-1)!.entry.seq, hash: links.at(-1)!.hash });

/** The chain as somebody would write it who makes all hashes fit again. */
function rehashed(links: readonly Link[]): Link[] {
  let point = chainStart('acme');
  return links.map(({ entry }) => {
    const renumbered = { ...entry, seq: point.seq + 1 };
    point = { seq: renumbered.seq, hash: hashAfter(point.hash, renumbered) };
    return { entry: renumbered, hash: point.hash };
  });
}

/** Every way to lay hands on a list of entries, by a random number for where. */
const tampering: Record<string, (links: readonly Link[], where: number, other: Link) => Link[]> = {
  change: (links, where) =>
    links.map((link, at) =>
      at === where ? { ...link, entry: { ...link.entry, action: `${link.entry.action}!` } } : link,
    ),
  'change of the hash': (links, where) =>
    links.map((link, at) =>
      at === where ? { ...link, hash: link.hash.replace(/^./, (c) => (c === 'a' ? 'b' : 'a')) } : link,
    ),
  'added field': (links, where) =>
    links.map((link, at) => (at === where ? { ...link, entry: { ...link.entry, times: 2 } } : link)),
  removal: (links, where) => links.filter((_, at) => at !== where),
  repetition: (links, where) => links.flatMap((link, at) => (at === where ? [link, link] : [link])),
  insertion: (links, where, other) => links.flatMap((link, at) => (at === where ? [other, link] : [link])),
  reordering: (links, where) => {
    const moved = [...links];
    moved.push(...moved.splice(where, 1));
    return moved;
  },
  truncation: (links, where) => links.slice(0, where),
  'replacement by an entry with fitting number': (links, where, other) =>
    links.map((link, at) => (at === where ? { ...other, entry: { ...other.entry, seq: link.entry.seq } } : link)),
};

describe('the walk along a chain', () => {
  it('passes a chain that nobody touched, and says where it ends', () => {
    fc.assert(
      fc.property(chain, (links) => {
        expect(walk(links, headOf(links), [headOf(links)])).toEqual(headOf(links));
      }),
    );
  });

  it.each(Object.keys(tampering))('finds every %s', (kind) => {
    fc.assert(
      fc.property(chain, chain, fc.nat(), (links, others, number) => {
        const changed = tampering[kind]!(links, number % links.length, others.at(-1)!);
        fc.pre(JSON.stringify(changed) !== JSON.stringify(links));
        expect(() => walk(changed, headOf(links))).toThrow(BrokenChain);
      }),
    );
  });

  it.each(Object.keys(tampering).filter((kind) => kind !== 'change of the hash'))(
    'finds every %s by a point noted before, even when all hashes and the end were made to fit',
    (kind) => {
      fc.assert(
        fc.property(chain, chain, fc.nat(), (links, others, number) => {
          const changed = rehashed(tampering[kind]!(links, number % links.length, others.at(-1)!));
          // Entries that were only added at the end are how a log grows.
          fc.pre(changed.length > 0 && changed[links.length - 1]?.hash !== headOf(links).hash);
          expect(() => walk(changed, headOf(changed), [headOf(links)])).toThrow(BrokenChain);
        }),
      );
    },
  );

  it('begins where what was retired ended, and nowhere else', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (links, number) => {
        const cut = number % links.length;
        const anchor = cut === 0 ? chainStart('acme') : headOf(links.slice(0, cut));
        const walkFrom = (start: ChainPoint) => {
          const walking = new ChainWalk('acme', start);
          for (const { entry, hash } of links.slice(cut)) walking.next(entry, hash);
          return walking.end(headOf(links));
        };
        expect(walkFrom(anchor)).toEqual(headOf(links));
        expect(() => walkFrom({ ...anchor, hash: '0'.repeat(64) })).toThrow(BrokenChain);
      }),
    );
  });

  it('does not pass the chain of another organisation', () => {
    fc.assert(
      fc.property(chain, (links) => {
        const walking = new ChainWalk('evil');
        expect(() => links.forEach(({ entry, hash }) => walking.next(entry, hash))).toThrow(BrokenChain);
      }),
    );
  });
});
