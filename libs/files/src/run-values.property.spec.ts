import { type Json, type JsonObject, largeIn } from '@treadle/workflow';
import fc from 'fast-check';
import { it } from 'vitest';
import { MemoryFileStore } from './memory-file-store.js';
import { RunValues } from './run-values.js';

/** Any JSON, now and then with text long enough to be put away, and with members that look like references. */
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc.string({ unit: 'binary' }).map((text) => text.repeat(Math.ceil(300_000 / Math.max(text.length, 1)))),
    fc.record({ $large: tie('value') }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
  ),
}));

it('gives back every value that was put away exactly as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), value, { maxKeys: 4 }), async (drawn) => {
      // What JSON itself changes (-0) is not ours to keep.
      const outputs = JSON.parse(JSON.stringify(drawn)) as JsonObject;
      const values = new RunValues({ store: new MemoryFileStore(), maxBytes: 1e9 });
      const away = await values.putAway({ tenantId: 't', runId: 'r' }, outputs);
      const back = await values.readBack('t', JSON.parse(JSON.stringify(away)) as Json);
      return JSON.stringify(back) === JSON.stringify(outputs) && (largeIn(away) !== undefined || away === outputs);
    }),
    { numRuns: 200 },
  );
});
