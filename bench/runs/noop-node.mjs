// Loaded into every process of Treadle before its own code (`--import`): adds task nodes to the catalogue, one that does nothing, so that what is
// measured is the journey of a step and nothing else, and one that never ends, for runs that stay under way. SIGUSR2 collects garbage where
// that is exposed.
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
catalog.hold = defineTaskNode({ ...nothing, type: 'hold' });
executors.hold = (_config, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

process.on('SIGUSR2', () => globalThis.gc?.());
