import { describe, expect, it } from 'vitest';
import { catalog } from './catalog.js';
import { executors, findExecutor } from './executors.js';

describe('catalog', () => {
  it('lists every node type under its own name, alphabetically', () => {
    const entries = Object.entries(catalog);
    expect(entries.map(([, type]) => type.type)).toEqual(entries.map(([name]) => name));
    expect(entries.map(([name]) => name)).toEqual(entries.map(([name]) => name).sort());
  });

  it('has an executor for every task node and for nothing else', () => {
    const tasks = Object.values(catalog).filter((type) => type.work === 'task');
    expect(Object.keys(executors)).toEqual(tasks.map((type) => type.type));
    expect(findExecutor('llm')).toBe(executors.llm);
    expect(findExecutor('toString')).toBeUndefined();
  });
});
