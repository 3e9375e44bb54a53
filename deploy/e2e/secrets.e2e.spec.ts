import { expect, it } from 'vitest';
import { secretsTest } from './src/secrets/secrets-test.js';

it('secrets that are given to Treadle, used and repeated by others are nowhere to be read', async () => {
  const { planted, repeated, problems } = await secretsTest(60, () => undefined);
  expect(problems).toEqual([]);
  expect(planted).toBeGreaterThan(60);
  expect(repeated).toBeGreaterThan(10);
});
