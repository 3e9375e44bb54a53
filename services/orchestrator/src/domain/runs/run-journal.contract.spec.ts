import { MemoryRunJournal } from '../../infra/memory-run-journal.js';
import { describeRunJournal } from './run-journal.contract.js';

describeRunJournal('in memory (the fake)', async () => {
  const journal = new MemoryRunJournal();
  return {
    journal,
    own: async (partition, fence) => {
      journal.fences.set(partition, fence);
    },
  };
});
