import { randomBytes } from 'node:crypto';

/** A secret that was given to Treadle, and where. */
export interface Secret {
  readonly where: string;
  readonly text: string;
}

/** Secrets that were planted, each of them once. */
export class Planted {
  private readonly secrets: Secret[] = [];

  get count(): number {
    return this.secrets.length;
  }

  /** A new one, with letters that change when it is written into an address. */
  make(where: string, before = ''): string {
    return this.add(where, `${before}${randomBytes(18).toString('hex')}/+=${randomBytes(6).toString('hex')}`);
  }

  /** One of letters and digits only. */
  makePlain(where: string, before = ''): string {
    return this.add(where, `${before}${randomBytes(24).toString('hex')}`);
  }

  /** One that Treadle made itself. */
  add(where: string, text: string): string {
    this.secrets.push({ where, text });
    return text;
  }

  /** Those that stand in a text, as they are or written in another way, each once. */
  in(text: string): readonly Secret[] {
    return this.secrets.filter((secret) => ways(secret.text).some((way) => text.includes(way)));
  }
}

const known = new Map<string, readonly string[]>();

function ways(text: string): readonly string[] {
  const before = known.get(text);
  if (before) return before;
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  // Where something stands before it, the letters of base64 shift by one or two places.
  const shifted = [0, 1, 2].map((offset) =>
    bytes.subarray(offset, offset + Math.floor((bytes.length - offset) / 3) * 3),
  );
  const made = [
    ...[text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), hex, hex.toUpperCase()],
    ...shifted.flatMap((part) => [part.toString('base64'), part.toString('base64url')]),
  ];
  const found = [...new Set(made)];
  known.set(text, found);
  return found;
}
