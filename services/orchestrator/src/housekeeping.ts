import type { CancelRunRequest } from '@treadle/contracts';
import type { RunValues } from '@treadle/files';
import type { TenantTables } from '@treadle/persistence';
import type { Pool } from 'pg';
import { ErasureController } from './api/erasure.controller.js';
import { Repeating } from './api/repeat.js';
import { RetentionController } from './api/retention.controller.js';
import type { ConversationRepository } from './domain/conversations/conversation.repository.js';
import { forgetConversations } from './domain/conversations/forget-conversations.js';
import { EraseUser } from './domain/erasure/erase-user.js';
import type { Files } from './domain/files/files.js';
import { sweepTenants, type TenantSweepPorts } from './domain/retention/sweep-tenants.js';
import { type DeleteValues, sweep } from './domain/runs/retention.js';
import type { Database } from './infra/database.js';
import { KyselyErasureRepository } from './infra/kysely-erasure.repository.js';
import { KyselyRetentionSettings } from './infra/kysely-retention-settings.js';
import { PgRetention } from './infra/pg-retention.js';
import type { OrchestratorConfig } from './orchestrator.config.js';

export interface HousekeepingOptions {
  readonly config: OrchestratorConfig;
  readonly pool: Pool;
  readonly tables: TenantTables<Database>;
  readonly conversations: Pick<ConversationRepository, 'removeExpired'>;
  readonly files: Files;
  readonly values: RunValues;
  /** Ends a run before its time, here or at its owner. */
  readonly cancel: (request: CancelRunRequest) => Promise<unknown>;
  /** The present, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Gives who hears of what went wrong while doing that. */
  readonly failed: (doing: string) => (error: unknown) => void;
}

/** Retention, conversations whose time is over and end users to be forgotten, tied to their adapters. */
export class Housekeeping {
  readonly retention: RetentionController;
  readonly erasures: ErasureController;
  private readonly erasing: EraseUser;
  private readonly sweeping: TenantSweepPorts;

  constructor(private readonly options: HousekeepingOptions) {
    const { config, pool, tables, files, values, cancel } = options;
    const deleteValues: DeleteValues = (run) => values.deleteRun(run);
    const deleteFile = (tenantId: string, fileId: string) => files.delete(tenantId, fileId);
    this.sweeping = {
      retention: new PgRetention(pool),
      settings: new KyselyRetentionSettings(tables),
      installation: {
        runs: config.runRetentionDays,
        conversations: config.conversationRetentionDays,
        files: config.fileRetentionDays,
      },
      startKeyHours: config.startKeyHours,
      deleteValues,
      deleteFile,
    };
    this.erasing = new EraseUser({
      repository: new KyselyErasureRepository(tables),
      cancel: (tenantId, runId) => cancel({ tenantId, runId, reason: 'Its end user is erased.' }),
      deleteValues,
      deleteFile,
    });
    this.retention = new RetentionController(this.sweeping.settings, this.sweeping.installation);
    this.erasures = new ErasureController(this.erasing);
  }

  /** Not started yet. */
  loops(): Repeating[] {
    const { config, conversations, now, failed } = this.options;
    const { retention, deleteValues } = this.sweeping;
    const sweepAll = () => sweep(retention, config, now(), deleteValues);
    return [
      new Repeating(5000, sweepAll, failed('delete what is old')),
      new Repeating(60_000, () => sweepTenants(this.sweeping, now()), failed('delete what is old')),
      new Repeating(60_000, () => forgetConversations(conversations, now()), failed('forget conversations')),
      new Repeating(10_000, () => this.erasing.eraseLeftovers(), failed('delete what was left of erased runs')),
    ];
  }
}
