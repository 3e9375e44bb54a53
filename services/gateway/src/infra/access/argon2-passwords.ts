import { hash, verify } from '@node-rs/argon2';
import type { Passwords } from '../../domain/people/password-proof.js';

/** Argon2id with 19 MiB, two passes and one lane: OWASP's first choice, some tens of milliseconds. It is what `hash` uses when not told otherwise. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export class Argon2Passwords implements Passwords {
  /** Of nobody: unknown people take as long as known ones. */
  private readonly nobodys = hash(crypto.randomUUID(), options);

  hash(password: string): Promise<string> {
    return hash(password.normalize('NFC'), options);
  }

  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const matches = await verify(stored ?? (await this.nobodys), password.normalize('NFC'));
    return matches && stored !== undefined;
  }
}
