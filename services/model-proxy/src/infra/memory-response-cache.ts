import type { ChatPart } from '../domain/question.js';
import type { ResponseCache } from '../domain/response-cache.js';

interface Entry {
  readonly parts: readonly ChatPart[];
  readonly expiresAt: number;
  readonly characters: number;
}

/** Keeps answers in this process, the ones used last, up to a number of characters. */
export class MemoryResponseCache implements ResponseCache {
  private readonly entries = new Map<string, Entry>();
  private characters = 0;

  constructor(
    private readonly mostCharacters = 16_000_000,
    private readonly now: () => number = Date.now,
  ) {}

  async get(tenantId: string, key: string): Promise<readonly ChatPart[] | undefined> {
    const name = `${tenantId} ${key}`;
    const entry = this.entries.get(name);
    if (!entry) return undefined;
    this.remove(name, entry);
    if (entry.expiresAt <= this.now()) return undefined;
    this.add(name, entry);
    return entry.parts;
  }

  set(tenantId: string, key: string, parts: readonly ChatPart[], ttlSeconds: number): void {
    const name = `${tenantId} ${key}`;
    const old = this.entries.get(name);
    if (old) this.remove(name, old);
    const characters = JSON.stringify(parts).length;
    if (characters > this.mostCharacters) return;
    this.add(name, { parts, characters, expiresAt: this.now() + ttlSeconds * 1_000 });
    for (const [oldest, entry] of this.entries) {
      if (this.characters <= this.mostCharacters) return;
      this.remove(oldest, entry);
    }
  }

  /** Takes away all answers of a tenant. */
  forget(tenantId: string): void {
    for (const [name, entry] of this.entries) if (name.startsWith(`${tenantId} `)) this.remove(name, entry);
  }

  private add(name: string, entry: Entry): void {
    this.entries.set(name, entry);
    this.characters += entry.characters;
  }

  private remove(name: string, entry: Entry): void {
    this.entries.delete(name);
    this.characters -= entry.characters;
  }
}
