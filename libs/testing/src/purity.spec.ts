import { expect, it } from 'vitest';
import { expectPure } from './expect-pure.js';

/** Here and not in each library, because there it would make every library depend on `testing`, which depends on them. */
it.each(['dify', 'engine', 'failure', 'nodes', 'workflow'])('%s computes and does nothing else', (library) => {
  expect(() => expectPure(new URL(`../../${library}/src/`, import.meta.url))).not.toThrow();
});
