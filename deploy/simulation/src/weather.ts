import type { Cluster } from './cluster.js';

/** What happens to processes, clocks and queues from outside, every now and then. */
export class Weather {
  constructor(private readonly cluster: Cluster) {}

  /** Begins, and asks for `over` when the weather has been bad for long enough. */
  start(lastsMs: number, over: () => void): void {
    const { scheduler } = this.cluster;
    const until = scheduler.now + lastsMs;
    const once = () => {
      if (scheduler.now >= until) return over();
      this.blow();
      scheduler.after(this.cluster.dice.between(300, 2500), once);
    };
    scheduler.after(0, once);
  }

  private blow(): void {
    const { cluster } = this;
    const { dice, faults, network, database, scheduler } = cluster;
    const replica = cluster.anyReplica();
    const executor = dice.pick(cluster.executors);
    if (replica) this.blowUpon(replica);
    if (executor && faults.strikes('executor crashed', executor.name)) executor.crash();
    if (faults.strikes('queues wiped', 'all')) network.wipeQueues();
    if (faults.strikes('database away', 'for everybody')) database.awayUntil = scheduler.now + dice.between(300, 6000);
  }

  private blowUpon(replica: NonNullable<ReturnType<Cluster['anyReplica']>>): void {
    const { dice, faults } = this.cluster;
    const { host } = replica;
    if (faults.strikes('replica crashed', host.name)) host.crash();
    else if (faults.strikes('replica replaced', host.name)) void replica.leave();
    else if (faults.strikes('replica stalled', host.name)) host.stall(dice.between(1000, 18_000));
    if (faults.strikes('clock stepped', host.name)) host.stepClock(dice.between(-20_000, 20_000));
  }
}
