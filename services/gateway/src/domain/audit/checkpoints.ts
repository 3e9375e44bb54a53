import {
  BrokenChain,
  ChainWalk,
  type Checkpoint,
  type CheckpointKey,
  chainStart,
  openCheckpoint,
} from '@treadle/audit';
import { FailureError } from '@treadle/failure';
import { type FileStore, readFile } from '@treadle/files';
import type { AuditStore } from './audit-store.js';
import { entriesOf } from './export-audit.js';

/** Calls may throw FailureError `unavailable`, also where there is no key-encryption key. */
export interface CheckpointSigner {
  sign(checkpoint: Checkpoint): Promise<string>;
  /** Every key that ever signed, the newest last. */
  keys(): Promise<readonly CheckpointKey[]>;
}

/** Older ones say nothing that newer ones do not. */
const mostKept = 200;

/**
 * Signs where chains end, from time to time. Checkpoints are kept in the file store and not beside the log: who can write the database
 * alone cannot take them away.
 */
export class Checkpoints {
  constructor(
    private readonly store: AuditStore,
    private readonly signer: CheckpointSigner,
    private readonly files: FileStore,
    private readonly now: () => number,
  ) {}

  keys(): Promise<readonly CheckpointKey[]> {
    return this.signer.keys();
  }

  /** Signed, oldest first. */
  async list(tenantId: string): Promise<readonly string[]> {
    const text = (await readFile(this.files, keyOf(tenantId)))?.toString() ?? '';
    return text.split('\n').filter((line) => line !== '');
  }

  /**
   * Signs where the chain ends now, if it has grown.
   * @throws FailureError `internal` where what was signed before does not lead there: a chain that was tampered with is not signed.
   */
  async make(tenantId: string): Promise<string | undefined> {
    const before = await this.list(tenantId);
    const last = before.at(-1);
    const head = await this.store.head(tenantId);
    const known = last === undefined ? undefined : await this.opened(tenantId, last);
    if (known && known.seq === head.seq && known.hash === head.hash) return last;
    if (head.seq === 0) return undefined;
    await this.walk(tenantId, known);
    const signed = await this.signer.sign({ ...head, tenant: tenantId, at: new Date(this.now()).toISOString() });
    const lines = [...before.slice(1 - mostKept), signed].map((line) => `${line}\n`).join('');
    await this.files.put(keyOf(tenantId), Buffer.from(lines));
    return signed;
  }

  /** Signs whatever has grown. A chain that does not fit keeps nobody else's from being signed. @returns what was wrong, by tenant. */
  async makeAll(): Promise<ReadonlyMap<string, unknown>> {
    const troubles = new Map<string, unknown>();
    for (const { tenantId } of await this.store.heads())
      await this.make(tenantId).catch((error: unknown) => troubles.set(tenantId, error));
    return troubles;
  }

  private async opened(tenantId: string, signed: string): Promise<Checkpoint> {
    const keys = await this.signer.keys();
    return tampered(async () => openCheckpoint(signed, tenantId, keys));
  }

  private walk(tenantId: string, known: Checkpoint | undefined): Promise<void> {
    return tampered(async () => {
      const [start, end] = [await this.store.start(tenantId), await this.store.head(tenantId)];
      // What was retired since is behind the anchor.
      const from = known && known.seq >= start.seq ? known : start.seq === 0 ? chainStart(tenantId) : start;
      const chain = new ChainWalk(tenantId, from);
      for await (const { entry, hash } of entriesOf(this.store, tenantId, {}, from.seq, end.seq))
        chain.next(entry, hash);
      chain.end(end);
    });
  }
}

const keyOf = (tenantId: string) => `${tenantId}/audit/checkpoints`;

async function tampered<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BrokenChain)) throw error;
    throw FailureError.of('internal', `The audit log was tampered with (${error.damage}). ${error.message}`);
  }
}
