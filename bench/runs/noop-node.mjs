// Loaded into every process of Treadle before its own code (`--import`): adds task nodes to the catalogue, one that does nothing, so that what is
// measured is the journey of a step and nothing else, and one that nobody does, for runs that stay under way. SIGUSR2 collects garbage
// where that is exposed, and asks what remains.
import { z } from 'zod';
import { catalog, defineTaskNode, executors } from '../../libs/nodes/dist/index.js';

const nothing = {
  group: 'logic',
  title: 'Nothing',
  summary: 'Does nothing.',
  pool: 'default',
  timeoutSeconds: 3600,
  config: z.object({}),
  reads: () => [],
  handles: () => ['source'],
  outputs: () => ['result'],
};
catalog.noop = defineTaskNode({ ...nothing, type: 'noop', repeatable: true });
executors.noop = async () => ({ outputs: { result: 1 } });
// No executor serves that pool.
catalog.hold = defineTaskNode({ ...nothing, type: 'hold', pool: 'bench-nobody' });

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  process.stderr.write(`\nheap-used ${process.memoryUsage().heapUsed}\n`);
});
