import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attackClasses } from './src/attacks/classes.js';
import { runClass } from './src/attacks/run-class.js';
import { openSite, type Site } from './src/attacks/site.js';

let site: Site;
beforeAll(async () => {
  site = await openSite();
}, 180_000);
afterAll(() => site?.stop());

describe('a Treadle that is attacked', () => {
  it.each(attackClasses)('refuses a sample of $name, has denials on record, and is as it was', async (attacks) => {
    const { cases, refused, through } = await runClass(site, attacks, 8);
    expect(through).toEqual([]);
    expect(refused).toBe(cases);
  });
});
