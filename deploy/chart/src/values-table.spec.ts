import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chart } from './helm.js';
import { readmeBeforeTable, undescribed, valuesTable } from './values-table.js';

describe('the table of values', () => {
  it('is what the schema says; `npm run chart:readme` writes it', () => {
    expect(readFileSync(`${chart}/README.md`, 'utf8')).toBe(`${readmeBeforeTable()}${valuesTable()}`);
  });

  it('has a meaning for every key', () => {
    expect(undescribed()).toEqual([]);
  });
});
