import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './eventually.js';
import type { ProcessesSystem } from './processes-system.js';

/** Something that goes wrong. Resolves when it is over; the system may need longer to be itself again. */
export interface Fault {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  /** @param chance a number from 0 to 1, for how long it lasts */
  happen(system: ProcessesSystem, chance: number): Promise<unknown>;
}

const roles = ['gateway', 'orchestrator', 'node-executor', 'model-proxy', 'tool-registry'];

const killed = (role: string): Fault => ({
  name: `${role} killed`,
  weight: 3,
  happen: async (system) => system.signal(role, 'SIGKILL'),
});

const restarted = (role: string): Fault => ({
  name: `${role} restarted`,
  weight: 1,
  happen: async (system) => system.signal(role, 'SIGTERM'),
});

/** Longer than its leases at times, so that it wakes up as the second of two owners. */
const frozen = (role: string): Fault => ({
  name: `${role} frozen`,
  weight: 1,
  happen: async (system, chance) => {
    const pid = system.signal(role, 'SIGSTOP');
    await delay(2000 + chance * 20_000);
    process.kill(pid, 'SIGCONT');
  },
});

const postgres = (name: string, signal: NodeJS.Signals): Fault => ({
  name,
  weight: 2,
  happen: async ({ folder }) => {
    const before = await postmasterOf(folder);
    process.kill(before, signal);
    const isBack = async () => ((await postmasterOf(folder).catch(() => before)) === before ? undefined : true);
    await eventually('PostgreSQL to be started again', isBack);
  },
});

/** The first line of the server's own lock file is its process id. */
async function postmasterOf(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'postgres', 'cluster', 'postmaster.pid'), 'utf8');
  return Number.parseInt(text, 10);
}

const nats = (name: string, wipe: boolean): Fault => ({
  name,
  weight: 2,
  happen: async (system, chance) => {
    await system.nats.kill();
    await delay(chance * 4000);
    await system.nats.restart({ wipe });
  },
});

export const faults: readonly Fault[] = [
  ...roles.flatMap((role) => [killed(role), restarted(role)]),
  frozen('orchestrator'),
  frozen('node-executor'),
  postgres('postgres killed', 'SIGKILL'),
  postgres('postgres restarted', 'SIGINT'),
  nats('nats killed', false),
  nats('nats killed, its store wiped', true),
  { name: 'streams deleted', weight: 1, happen: (system) => system.deleteStreams() },
];
