import { createHash } from 'node:crypto';
import { FailureError } from '@treadle/failure';

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for nobody (`undefined`) as for somebody. */
  verify(stored: string | undefined, password: string): Promise<boolean>;
}

/** Counts attempts before they are made, so that attempts at the same time count too. Shared by all replicas. */
export interface SignInAttempts {
  /** @returns the seconds to wait when this name has failed too often; 0 when the attempt may be made. */
  begin(name: string, free: number): Promise<number>;
  /** Forgets the failures of some names; of another takes back only this attempt, so that one success does not pay for many guesses. */
  succeeded(forget: readonly string[], takeBack: string): Promise<void>;
}

/** Attempts that cost nothing but their work; then each failure doubles the wait, to fifteen minutes at most. */
const freeAttempts = { pair: 5, account: 50, address: 100 };

/** Asks for passwords, and slows down who guesses: by person and address together, by person, and by address. */
export class PasswordProof {
  constructor(
    private readonly attempts: SignInAttempts,
    private readonly passwords: Passwords,
  ) {}

  /**
   * Whether this is the password.
   * @param who names whose it is, also where there is nobody of that name.
   * @throws FailureError `limit_exceeded` with the seconds to wait.
   */
  async holds(who: string, stored: string | undefined, password: string, address: string): Promise<boolean> {
    const names = { pair: nameOf('pair', who, address), account: nameOf('account', who), address: nameOf(address) };
    for (const kind of ['pair', 'account', 'address'] as const) {
      const seconds = await this.attempts.begin(names[kind], freeAttempts[kind]);
      if (seconds > 0) throw tooMany(seconds);
    }
    const holds = await this.passwords.verify(stored, password);
    if (holds) await this.attempts.succeeded([names.pair, names.account], names.address);
    return holds;
  }
}

/** Nothing of what strangers type is stored. */
function nameOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function tooMany(retryAfterSeconds: number): FailureError {
  const message = `Too many attempts to sign in failed. Wait ${retryAfterSeconds} seconds and try again.`;
  return FailureError.of('limit_exceeded', message, { retryable: true, retryAfterSeconds });
}
