const fixed = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : '-');

/** Every figure, then those that decide. */
export function printRuns({ machine, peer, results }, workloads) {
  const versions = Object.entries(peer).map(([name, version]) => `${name} ${version}`);
  console.log(`${machine.cpus} processors (${machine.model}), Node ${machine.node}, ${versions.join(', ')}`);
  for (const [name, { title }] of Object.entries(workloads)) {
    const own = results.filter(({ workload }) => workload === name);
    if (own.length === 0) continue;
    console.log(`${name}: ${title}`);
    console.table(own.map((each) => rowOf(each, own)));
  }
}

function rowOf(each, own) {
  const beside = (system) =>
    each.system.startsWith('treadle')
      ? own.find((other) => other.system === system && other.concurrency === each.concurrency)
      : undefined;
  const [peer, bound, direct] = [beside('restate'), beside('bound: group commit'), beside('direct')];
  return {
    system: each.system,
    callers: each.concurrency,
    'runs/s': fixed(each.rps, 0),
    'p50 ms': fixed(each.p50),
    'p95 ms': fixed(each.p95),
    'p99 ms': fixed(each.p99),
    ...(direct && { 'first token added ms': fixed(each.firstByteP50 - direct.firstByteP50) }),
    'CPU ms/run': fixed(each.cpuMsPerRun),
    'of it PostgreSQL': fixed(each.postgresCpuMsPerRun),
    'WAL bytes/run': fixed(each.walBytesPerRun, 0),
    'statements/run': fixed(each.statementsPerRun),
    'commits/run': fixed(each.commitsPerRun),
    'memory MB': fixed(each.residentMb, 0),
    errors: each.errors,
    ...(peer && { 'runs/s / peer': fixed(each.rps / peer.rps, 1), 'p50 / peer': fixed(each.p50 / peer.p50) }),
    ...(bound && { 'runs/s / bound': fixed(each.rps / bound.rps) }),
  };
}
