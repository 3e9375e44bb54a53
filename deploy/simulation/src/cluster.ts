import { catalog, randomFrom } from '@treadle/testing/drawing';
import type { Plan } from '@treadle/workflow';
import { Checker } from './checker.js';
import { Database } from './database.js';
import { Dice } from './dice.js';
import { Executor } from './executor.js';
import { Faults } from './faults.js';
import { Host } from './host.js';
import { Network } from './network.js';
import { Replica } from './replica.js';
import { Scheduler } from './scheduler.js';
import type { Tampering } from './tampering.js';
import { Trace } from './trace.js';
import { type DrawnWorkflow, drawSome } from './workflows.js';

/** How long a process that died stays away, in milliseconds. */
const [shortestAwayMs, longestAwayMs] = [100, 12_000];

/** Everything there is in one simulation, all of it following from the seed. */
export class Cluster {
  readonly catalog = catalog;
  readonly scheduler = new Scheduler();
  readonly dice: Dice;
  readonly trace: Trace;
  readonly faults: Faults;
  readonly checker: Checker;
  readonly network: Network;
  readonly database: Database;
  readonly workflows: readonly DrawnWorkflow[];
  /** Those alive. */
  readonly replicas = new Set<Replica>();
  private readonly executorHosts = new Set<Host>();
  private readonly named = new Map<string, number>();

  constructor(
    seed: number,
    readonly tampering: Tampering,
    onLine?: (line: string) => void,
  ) {
    const random = randomFrom(seed);
    this.dice = new Dice(random);
    this.trace = new Trace(this.scheduler, onLine);
    this.faults = new Faults(this.dice, this.trace);
    const now = () => this.scheduler.now;
    this.checker = new Checker(now, this.trace);
    this.network = new Network(this);
    this.database = new Database(now, this.checker, tampering);
    this.workflows = drawSome(seed, random, this.dice.between(1, 3));
    for (let count = this.dice.between(1, 3); count > 0; count--) this.addReplica();
    for (let count = this.dice.between(1, 2); count > 0; count--) this.addExecutor();
  }

  get executors(): readonly Host[] {
    return [...this.executorHosts];
  }

  anyReplica(): Replica | undefined {
    return this.dice.pick([...this.replicas]);
  }

  workflow(id: string): DrawnWorkflow {
    const found = this.workflows.find((workflow) => workflow.id === id);
    if (!found) throw new Error(`there is no ${id}`);
    return found;
  }

  planOf(workflowId: string): Plan {
    return this.workflow(workflowId).plan;
  }

  /** A name that nobody else has, such as `replica 3`. */
  nextName(kind: string): string {
    const number = (this.named.get(kind) ?? 0) + 1;
    this.named.set(kind, number);
    return `${kind} ${number}`;
  }

  /** An id like those of the service, its random part a number that counts up. */
  newId(partition: number): string {
    const number = Number(this.nextName('id').slice('id '.length));
    const hex = (0x7000 | partition).toString(16);
    return `00000000-0000-${hex}-8000-${String(number).padStart(12, '0')}`;
  }

  private addReplica(): void {
    const host = new Host(this.nextName('replica'), this.scheduler, () => {
      this.trace.note(`${host.name} is gone`);
      this.replicas.delete(replica);
      this.later(() => this.addReplica());
    });
    const replica = new Replica(host, this);
    this.replicas.add(replica);
    replica.start();
  }

  private addExecutor(): void {
    const host = new Host(this.nextName('executor'), this.scheduler, () => {
      this.trace.note(`${host.name} is gone`);
      this.executorHosts.delete(host);
      this.later(() => this.addExecutor());
    });
    this.executorHosts.add(host);
    new Executor(host, this).start();
  }

  private later(action: () => void): void {
    this.scheduler.after(this.dice.between(shortestAwayMs, longestAwayMs), action);
  }
}
