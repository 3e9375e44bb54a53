import { chmodSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient, type Run } from '@treadle/cli';
import { eventually } from '../eventually.js';
import { crashScenario } from '../scenarios/crash.scenario.js';
import { addDocument, answerWaiting, ask, type Belongings, fill, read } from './belongings.js';
import { ChartJobs, type RunningPod } from './chart-jobs.js';
import { findPostgresPrograms } from './full-postgres.js';
import { LosableTreadle, type Mode } from './treadle.js';

export interface BackupOptions {
  readonly mode: Mode;
  /** Runs that are under way when the backup is made. */
  readonly underWay: number;
  readonly log: (line: string) => void;
}

export interface BackupReport {
  /** What was read before and after, and had to be the same. */
  readonly compared: number;
  /** Runs that had not ended in the backup, and did after it was restored. */
  readonly wentOn: number;
  readonly backups: number;
  readonly problems: readonly string[];
}

const kept = 2;

/** Fills a Treadle, backs it up by the chart's own pods, loses it, restores it, and tries what may go wrong with either. */
export async function backupTest(options: BackupOptions): Promise<BackupReport> {
  const programs = findPostgresPrograms();
  if (programs === undefined)
    throw new Error('There is no pg_dump with a server: install postgresql, or set TREADLE_PG_BIN.');
  const folder = mkdtempSync(join(tmpdir(), 'treadle-backup-'));
  // PostgreSQL, which is another user, passes through it.
  chmodSync(folder, 0o755);
  const jobs = await ChartJobs.install(kept);
  const treadle = await LosableTreadle.prepare(jobs, options.mode, folder, programs);
  try {
    return await new BackupTrial(jobs, treadle, options).run();
  } finally {
    await treadle.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const nameOfNow = () => `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}Z`;

class BackupTrial {
  private readonly problems: string[] = [];
  private compared = 0;
  private made = 0;
  private wentOn = 0;

  constructor(
    private readonly jobs: ChartJobs,
    private readonly treadle: LosableTreadle,
    private readonly options: BackupOptions,
  ) {}

  async run(): Promise<BackupReport> {
    const { treadle } = this;
    await treadle.start();
    const has = await fill(treadle.api, treadle.provider);
    const before = await read(treadle, has);
    const underWay = await this.startRuns();
    const good = await this.backUp();
    const after = await this.changeMuch(has);
    await this.afterLoss(has, before, underWay, after, good);
    await this.whatIsRefused(good);
    await this.overwriting(has, before, good);
    await this.badBackups();
    const { compared, problems, made } = this;
    return { compared, wentOn: this.wentOn, backups: made, problems };
  }

  private get backups(): string[] {
    return readdirSync(this.treadle.places.backups).sort();
  }

  private async startRuns(): Promise<string[]> {
    const { api } = this.treadle;
    const json = crashScenario.document(() => '');
    const { id } = await api.send<{ id: string }>('/api/v1/workflows', { method: 'POST', json });
    const starts = Array.from({ length: this.options.underWay }, async (_, index) => {
      const start = { inputs: crashScenario.inputs(index), mode: 'async' };
      return (await api.send<Run>(`/api/v1/workflows/${id}/runs`, { method: 'POST', json: start })).id;
    });
    return Promise.all(starts);
  }

  /** The pod of the CronJob, which has to end well. Gives the name of the backup. */
  private async backUp(): Promise<string> {
    const before = this.backups;
    // Backups are named after the second in which they begin.
    await eventually('another second', () => Promise.resolve(before.every((name) => name < nameOfNow()) || undefined));
    await this.expect('a backup ends well', this.jobs.backUp(this.treadle.places), true);
    this.made += 1;
    const made = this.backups.filter((name) => !before.includes(name));
    if (made.length !== 1) this.problems.push(`a backup made ${made.length} folders`);
    return made[0] ?? '';
  }

  private async expect(what: string, pod: RunningPod, isGood: boolean, says = ''): Promise<void> {
    const ended = await pod.ended;
    for (const line of pod.said().trim().split('\n')) this.options.log(`  ${line}`);
    if (ended !== isGood || !pod.said().includes(says))
      this.problems.push(`${what}: it did not. It said: ${pod.said()}`);
  }

  /** What no backup has. */
  private async changeMuch({ workflow, dataset }: Belongings): Promise<{ readonly run: string; readonly key: string }> {
    const { api } = this.treadle;
    const { id: run } = await ask(api, workflow, 'later');
    await addDocument(api, dataset, 'Later', 'The foot presses another lever of the loom, later.');
    const json = { name: 'of another shop', scopes: ['runs:read'] };
    const { key } = await api.send<{ key: string }>('/api/v1/keys', { method: 'POST', json });
    return { run, key };
  }

  private async afterLoss(
    has: Belongings,
    before: Record<string, string>,
    underWay: readonly string[],
    later: { readonly run: string; readonly key: string },
    good: string,
  ): Promise<void> {
    const { treadle, problems } = this;
    await treadle.lose();
    this.options.log('PostgreSQL, Qdrant and NATS are lost');
    await treadle.startStores();
    await this.expect('a restore ends well', await this.jobs.restore(treadle.places, { restoreFrom: good }), true);
    const unfinished = Number(
      treadle.postgres.query("select count(*) from orchestrator.runs where status in ('pending', 'running')"),
    );
    this.wentOn = unfinished;
    if (unfinished === 0) problems.push('no run was under way in the backup');
    await treadle.start();
    await this.compare(has, before);
    await this.runsGoOn(underWay);
    await answerWaiting(treadle.api, has);
    await ask(treadle.api, has.workflow, 'with the stored key');
    if (await this.isKnown(later.key)) problems.push('a key that was made after the backup works');
    if (!(await this.isKnown(has.key))) problems.push('a key that was made before the backup does not work');
    const found = await treadle.api.send(`/api/v1/runs/${later.run}`).catch(() => undefined);
    if (found) problems.push('a run that was made after the backup is there');
    problems.push(...treadle.qdrant.violations.map((violation) => `Qdrant: ${violation}`));
  }

  private async compare(has: Belongings, before: Record<string, string>): Promise<void> {
    const now = await read(this.treadle, has);
    for (const [name, text] of Object.entries(before)) {
      this.compared += 1;
      if (now[name] !== text) this.problems.push(`${name} is not what it was: ${text} and now ${now[name]}`);
    }
  }

  private async runsGoOn(runs: readonly string[]): Promise<void> {
    for (const [index, id] of runs.entries()) {
      const run = await eventually(`run ${id} to end`, async () => {
        const found = await this.treadle.api.send<Run>(`/api/v1/runs/${id}`);
        return ['pending', 'running'].includes(found.status) ? undefined : found;
      });
      const { status, outputs } = crashScenario.expected(index);
      if (run.status !== status || JSON.stringify(run.outputs) !== JSON.stringify(outputs))
        this.problems.push(`run ${id} has ${run.status} with ${JSON.stringify(run.outputs)}`);
    }
  }

  private async isKnown(apiKey: string): Promise<boolean> {
    return new ApiClient({ url: this.treadle.url, apiKey }).send('/api/v1/runs').then(
      () => true,
      () => false,
    );
  }

  /** What is there stays as it is when nobody said that it may be lost. */
  private async whatIsRefused(good: string): Promise<void> {
    const { treadle, jobs } = this;
    await treadle.stop();
    const tables = () => treadle.postgres.query('select count(*) from orchestrator.runs');
    const before = tables();
    await this.expect(
      'a database that is not empty is left alone',
      await jobs.restore(treadle.places, { restoreFrom: good }),
      false,
      'The database is not empty',
    );
    const unknown = { restoreFrom: '2020-01-01T00-00-00Z', overwrite: true };
    await this.expect(
      'an unknown backup is refused',
      await jobs.restore(treadle.places, unknown),
      false,
      'There is no',
    );
    if (tables() !== before) this.problems.push('a refused restore has changed the database');
  }

  /** While Treadle still runs, the restore waits. */
  private async overwriting(has: Belongings, before: Record<string, string>, good: string): Promise<void> {
    const { treadle } = this;
    await treadle.start();
    const pod = await this.jobs.restore(treadle.places, { restoreFrom: 'latest', overwrite: true });
    await eventually('the restore to wait', () => Promise.resolve(pod.said().includes('Waiting until') || undefined));
    await treadle.stop();
    await this.expect('a restore over what is there ends well', pod, true, good);
    await treadle.start();
    await this.compare(has, before);
  }

  /** Backups that fail replace none, and none is restored by half. */
  private async badBackups(): Promise<void> {
    const { treadle, problems } = this;
    const whole = this.backups;
    await this.expect(
      'a full disk fails',
      this.jobs.backUp(treadle.places, { prefix: ['sh', '-c', 'ulimit -f 8; exec "$@"', 'sh'] }),
      false,
    );
    await treadle.postgres.stop();
    await this.expect('no database fails', this.jobs.backUp(treadle.places), false);
    await treadle.postgres.start();
    if (this.backups.join() !== whole.join()) problems.push(`a failed dump has left ${this.backups.join(', ')}`);
    treadle.qdrant.answerWith(500);
    await this.expect('no Qdrant fails', this.jobs.backUp(treadle.places), false, 'The database is in');
    treadle.qdrant.answerWith(undefined);
    if (this.backups.length !== whole.length + 1) problems.push('without Qdrant the database was not backed up');
    for (let count = 0; count <= kept; count += 1) await this.backUp();
    if (this.backups.length !== kept)
      problems.push(`${this.backups.length} backups are kept: ${this.backups.join(', ')}`);
    await treadle.stop();
    const [oldest = ''] = this.backups;
    truncateSync(join(treadle.places.backups, oldest, 'postgres.dump'), 30_000);
    const rows = () => treadle.postgres.query('select count(*) from orchestrator.journal');
    const before = rows();
    const broken = await this.jobs.restore(treadle.places, { restoreFrom: oldest, overwrite: true });
    await this.expect('half a dump is not restored', broken, false, 'cannot be read to its end');
    if (rows() !== before) problems.push('half a dump has changed the database');
  }
}
