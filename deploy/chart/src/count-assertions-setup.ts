import { afterEach, expect } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** How many assertions the spec made. */
    assertions?: number;
  }
}

/** Notes the assertions of each spec where its report has them; tools/test-chart.mjs adds them up. */
afterEach(({ task }) => {
  task.meta.assertions = expect.getState().assertionCalls;
});
