// Loaded into every process of Treadle before its own code (`--import`): adds a task node that does nothing to the catalogue, so that what is
// measured is the journey of a step and nothing else.
import { z } from 'zod';
import { catalog, defineTaskNode, executors } from '../../libs/nodes/dist/index.js';

catalog.noop = defineTaskNode({
  type: 'noop',
  group: 'logic',
  title: 'Nothing',
  summary: 'Does nothing.',
  pool: 'default',
  timeoutSeconds: 60,
  repeatable: true,
  config: z.object({}),
  reads: () => [],
  handles: () => ['source'],
  outputs: () => ['result'],
});
executors.noop = async () => ({ outputs: { result: 1 } });
