import type { Migrations } from '@treadle/persistence';
import { workflowsAndRuns } from './0001-workflows-and-runs.js';

/** By name, in order. A migration that has been released never changes. */
export const migrations: Migrations = {
  '0001-workflows-and-runs': workflowsAndRuns,
};
