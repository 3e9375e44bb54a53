// What processes have used so far, as the kernel counts it.
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/**
 * Of these processes and everything below them.
 * @returns {{cpuMs: number, residentBytes: number}} processor time, and memory now with shared pages counted once
 */
export function usageOf(pids) {
  const own = treeOf(pids);
  const sum = (figure) => own.reduce((total, each) => total + figure(each), 0);
  return {
    cpuMs: (sum(({ ticks }) => ticks) * 1_000) / ticksPerSecond,
    residentBytes: sum(({ pid }) => Number(/Pss:\s+(\d+) kB/.exec(read(pid, 'smaps_rollup'))?.[1] ?? 0) * 1_024),
  };
}

function treeOf(pids) {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(statOf);
  const tree = new Set(pids);
  for (let before = 0; before !== tree.size; ) {
    before = tree.size;
    for (const each of processes) if (tree.has(each.parent)) tree.add(each.pid);
  }
  return processes.filter(({ pid }) => tree.has(pid));
}

function statOf(name) {
  const stat = read(name, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat ? [{ pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }] : [];
}

/** Empty for a process that has ended in the meantime. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
