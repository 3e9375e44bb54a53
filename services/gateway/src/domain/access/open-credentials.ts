import { type Failure, toFailure } from '@treadle/failure';
import type { Caller } from './caller.js';
import type { Credentials } from './credentials.js';

/** Something that stays open as long as the credential that opened it is good. */
export interface CredentialHolder {
  /**
   * Told again and again whose the credential is.
   * @throws FailureError when this caller may not keep it open.
   */
  allow(caller: Caller): void;
  /** Told once, when the credential has ended or `allow` refused it. */
  end(reason: Failure): void;
}

interface Held {
  readonly holders: Set<CredentialHolder>;
  asking: boolean;
}

const lookEveryMs = 500;

/** Asks again whose credentials are that something is open by; each once, however much it has opened. */
export class OpenCredentials {
  private readonly held = new Map<string, Held>();
  private looking: NodeJS.Timeout | undefined;

  constructor(private readonly credentials: Credentials) {}

  /** @returns to be called when the holder has closed. */
  hold(credential: string, holder: CredentialHolder): () => void {
    const held = this.held.get(credential) ?? { holders: new Set(), asking: false };
    held.holders.add(holder);
    this.held.set(credential, held);
    this.looking ??= setInterval(() => this.look(), lookEveryMs).unref();
    return () => this.letGo(credential, held, holder);
  }

  private letGo(credential: string, held: Held, holder: CredentialHolder): void {
    if (!held.holders.delete(holder) || held.holders.size > 0) return;
    this.held.delete(credential);
    if (this.held.size > 0) return;
    clearInterval(this.looking);
    this.looking = undefined;
  }

  private look(): void {
    for (const [credential, held] of this.held) if (!held.asking) void this.askAgain(credential, held);
  }

  /** As old as what requests believe of a credential, and no older. */
  private async askAgain(credential: string, held: Held): Promise<void> {
    held.asking = true;
    const answer = await this.whose(credential);
    held.asking = false;
    if (!answer) return;
    for (const holder of held.holders) {
      const refusal = 'caller' in answer ? refusalOf(holder, answer.caller) : answer.refusal;
      if (!refusal) continue;
      this.letGo(credential, held, holder);
      holder.end(refusal);
    }
  }

  /** `undefined` when it cannot be told now: then it is asked again. */
  private async whose(credential: string): Promise<{ caller: Caller } | { refusal: Failure } | undefined> {
    try {
      return { caller: this.credentials.known(credential) ?? (await this.credentials.find(credential)) };
    } catch (error) {
      const refusal = toFailure(error);
      return refusal.code === 'unauthenticated' ? { refusal } : undefined;
    }
  }
}

function refusalOf(holder: CredentialHolder, caller: Caller): Failure | undefined {
  try {
    holder.allow(caller);
    return undefined;
  } catch (error) {
    return toFailure(error);
  }
}
