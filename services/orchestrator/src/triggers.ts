import { TenantTables } from '@treadle/persistence';
import { KyselyDataKeyStore, parseKeyEncryptionKeys, Vault } from '@treadle/secrets';
import type { Pool } from 'pg';
import { EntryController } from './api/entry.controller.js';
import { beginScheduled } from './domain/entries/begin-scheduled.js';
import { Entries } from './domain/entries/entries.js';
import { FireSchedules } from './domain/entries/fire-schedules.js';
import type { RunRepository } from './domain/runs/run.repository.js';
import type { StartRunPorts } from './domain/runs/start-run.js';
import type { Database } from './infra/database.js';
import { KyselyScheduleRepository } from './infra/entries/kysely-schedule.repository.js';
import { KyselyWebhookRepository } from './infra/entries/kysely-webhook.repository.js';
import type { OrchestratorConfig } from './orchestrator.config.js';
import type { OrchestratorLog } from './orchestrator.js';

export interface TriggersOptions {
  readonly config: OrchestratorConfig;
  readonly pool: Pool;
  readonly log: OrchestratorLog;
  /** The present, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Webhooks and schedules, tied to their adapters. */
export class Triggers {
  readonly entries: Entries;
  private readonly webhooks: KyselyWebhookRepository;
  private readonly schedules: KyselyScheduleRepository;

  /** @throws FailureError `invalid_argument` for a key-encryption key that is none. */
  constructor(private readonly options: TriggersOptions) {
    const { config, pool, now } = options;
    const tables = new TenantTables<Database>(pool);
    const keys = config.keyEncryptionKey ? parseKeyEncryptionKeys(config.keyEncryptionKey.reveal()) : [];
    this.webhooks = new KyselyWebhookRepository(tables);
    this.schedules = new KyselyScheduleRepository(tables);
    const vault = new Vault(keys, new KyselyDataKeyStore(pool));
    this.entries = new Entries({ webhooks: this.webhooks, schedules: this.schedules, vault, now });
  }

  controller(start: StartRunPorts, runs: RunRepository): EntryController {
    const { entries, webhooks } = this;
    return new EntryController({ start, runs, webhooks, entries }, entries);
  }

  /** What begins the runs of schedules; somebody has to call it every second. */
  firing(start: StartRunPorts): FireSchedules {
    const { log, now } = this.options;
    return new FireSchedules({
      schedules: this.schedules,
      plans: start.plans,
      begin: (schedule, moment) => beginScheduled(start, schedule, moment),
      now,
      onTrouble: ({ id, workflowId, nodeId }, { dropped, lastError }) =>
        log.warn({ scheduleId: id, workflowId, nodeId, dropped, lastError }, 'moments of a schedule began no run'),
    });
  }
}
