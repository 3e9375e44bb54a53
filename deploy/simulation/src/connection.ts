import { FailureError } from '@treadle/failure';
import {
  type Commit,
  type ConversationTurns,
  type FindRun,
  GroupCommit,
  type PartitionLeases,
  type RunJournal,
  type StartKeys,
} from '@treadle/orchestrator/parts';
import type { Database } from './database.js';
import type { Dice } from './dice.js';
import type { Faults } from './faults.js';
import type { Host } from './host.js';
import type { Scheduler } from './scheduler.js';

export interface ConnectionParts {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  readonly faults: Faults;
}

/** How long a client waits for its transaction, in milliseconds. */
const patienceMs = 2000;

/** One replica's way to the database. Every query takes its time and may fail; a commit may fail in every way there is. */
export class Connection {
  readonly journal: RunJournal;
  readonly leases: PartitionLeases;
  readonly keys: StartKeys;
  readonly runs: FindRun;
  readonly conversations: ConversationTurns;
  /** Queries that have not been answered yet. */
  underway = 0;

  constructor(
    private readonly host: Host,
    private readonly parts: ConnectionParts,
  ) {
    const { database } = parts;
    const commits = new GroupCommit<Commit>((batch) => this.tracked(this.tryCommit(batch)), 500);
    this.journal = {
      append: async (commit) => ((await commits.append(commit)) ? 'written' : 'refused'),
      load: (runIds) => this.query(() => database.load(runIds)),
      unfinished: (partition) => this.query(() => database.journal.unfinished(partition)),
      due: (partitions, at, limit) => this.query(() => database.journal.due(partitions, at, limit)),
    };
    this.leases = {
      renew: (replica, leaseMs) => this.query(() => database.leases.renew(replica, leaseMs)),
      acquire: (_, count, leaseMs, force) => this.query(() => database.acquire(host, count, leaseMs, force)),
      release: (replica, partitions) => this.query(() => database.leases.release(replica, partitions)),
      leave: (replica) => this.query(() => database.leases.leave(replica)),
    };
    this.keys = {
      find: (tenantId, key) => this.query(() => database.keys.find(tenantId, key)),
      forget: (tenantId, key, runId) => this.query(() => database.keys.forget(tenantId, key, runId)),
    };
    this.conversations = {
      head: (id, at) => this.query(() => database.conversations.head(id, at)),
      outlook: (id, turn) => this.query(() => database.conversations.outlook(id, turn)),
      history: (id, beforeTurn, limit) => this.query(() => database.conversations.history(id, beforeTurn, limit)),
    };
    this.runs = { find: (_, runId) => this.query(async () => rowOf(database, runId)) };
  }

  /** Asks the database something. Rejects with `unavailable` where it did not get there. */
  query<Answer>(run: () => Promise<Answer>): Promise<Answer> {
    return this.tracked(this.tryQuery(run));
  }

  private tryQuery<Answer>(run: () => Promise<Answer>): Promise<Answer> {
    const { faults } = this.parts;
    if (this.isAway() || faults.strikes('query failed', this.host.name)) return this.refuse('The query failed.');
    return this.ask(run, (answer, done) => this.host.after(this.latency(), () => done(answer)));
  }

  private tryCommit(batch: readonly Commit[]): Promise<boolean[]> {
    const { faults, database, scheduler, dice } = this.parts;
    const { host } = this;
    const write = () => database.write(host, batch);
    const what = `${host.name}, ${batch.map(({ runId }) => runId.slice(-4)).join(' ')}`;
    if (faults.strikes('crash before commit', what)) {
      host.crash();
      return never();
    }
    if (this.isAway() || faults.strikes('commit rejected', what)) return this.refuse('The commit failed.');
    if (faults.strikes('late commit', what)) {
      scheduler.after(dice.between(patienceMs, 4 * patienceMs), () => void write());
      return this.refuse('The commit took too long.', patienceMs);
    }
    return this.ask(write, (written, done, failed) => {
      if (faults.strikes('crash after commit', what)) host.crash();
      else if (faults.strikes('commit answer lost', what)) host.after(patienceMs, () => failed(unknownOutcome()));
      else host.after(this.latency(), () => done(written));
    });
  }

  /** Has the database do something a little later, and its answer brought back by `reply`. */
  private ask<Answer>(
    run: () => Promise<Answer>,
    reply: (answer: Answer, done: (answer: Answer) => void, failed: (error: Error) => void) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.parts.scheduler.after(this.latency(), () => {
        run().then((answer) => reply(answer, resolve, reject), reject);
      });
    });
  }

  private refuse(message: string, afterMs = this.latency()): Promise<never> {
    return new Promise((_, reject) => {
      this.host.after(afterMs, () => reject(FailureError.of('unavailable', message)));
    });
  }

  private async tracked<Answer>(query: Promise<Answer>): Promise<Answer> {
    this.underway += 1;
    try {
      return await query;
    } finally {
      this.underway -= 1;
    }
  }

  private isAway(): boolean {
    return this.parts.scheduler.now < this.parts.database.awayUntil;
  }

  private latency(): number {
    const { dice, faults } = this.parts;
    return faults.strikes('query slow', this.host.name) ? dice.between(20, 1500) : dice.between(0, 2);
  }
}

function rowOf({ tables }: Database, runId: string) {
  const row = tables.row(runId);
  return row && { ...row, workflowName: '' };
}

const never = () => new Promise<never>(() => undefined);
const unknownOutcome = () => FailureError.of('unavailable', 'The answer to the commit was lost.');
