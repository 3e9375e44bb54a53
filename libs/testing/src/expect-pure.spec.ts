import { describe, expect, it } from 'vitest';
import { problemsIn } from './expect-pure.js';

describe('purity', () => {
  it('lets relative imports, core libraries and allowed packages through', () => {
    const text = `import { z } from 'zod';\nimport { a } from './a.js';\nexport * from '@treadle/nodes/catalog';\nnew Date(5);\nx.process;`;
    expect(problemsIn('a.ts', text)).toEqual([]);
  });

  it.each([
    ["import fs from 'node:fs';", 'imports node:fs (line 1)'],
    ["import { x } from '@treadle/grpc';", 'imports @treadle/grpc (line 1)'],
    ["const x = await import('./a.js');", 'imports at run time (line 1)'],
    ['\nDate.now();', 'uses Date.now (line 2)'],
    ['new Date();', 'reads the clock (line 1)'],
    ['Math.random();', 'uses Math.random (line 1)'],
    ['const home = process.env.HOME;', 'uses process (line 1)'],
    ['f(setTimeout);', 'uses setTimeout (line 1)'],
  ])('finds what is impure in %s', (text, problem) => {
    expect(problemsIn('a.ts', text)).toEqual([problem]);
  });
});
