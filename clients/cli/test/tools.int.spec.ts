import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuse } from './api-server.js';
import { treadle } from './treadle-command.js';

const reply = (body: object) => () => body;
const path = '/api/v1/tools/toolsets';
const shop = {
  ...{ name: 'shop', kind: 'openapi', description: '', serving_version: 1, previous_version: null },
  ...{
    candidate: { version: 2, share: 10 },
    latest_version: 2,
    credential: { type: 'bearer', hosts: ['api.example.com'] },
  },
};

describe('treadle tools', () => {
  it('lists toolsets and which versions serve', async () => {
    const { stdout } = await treadle(['tools', 'list'], {
      answers: { [`GET ${path}`]: reply({ items: [shop], next_cursor: null }) },
    });
    expect(stdout).toMatch(/shop +openapi +version 1, and version 2 for 10 % +bearer for api.example.com/);
  });

  it('registers a document from a file', async () => {
    const file = join(tmpdir(), `treadle-cli-${process.pid}.json`);
    await writeFile(file, '{"openapi":"3.1.0"}');
    const registered = { ...shop, changed: true, version: { version: 2, tools: 7, warnings: ['Left out.'] } };
    const { stdout, asked } = await treadle(
      ['tools', 'register', 'shop', '--kind', 'openapi', '--document', file, '--share', '10'],
      { answers: { [`PUT ${path}/shop`]: reply(registered) } },
    );
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      kind: 'openapi',
      source: { document: '{"openapi":"3.1.0"}' },
      share: 10,
    });
    expect(stdout).toContain('new version 2 with 7 tools');
    expect(stdout).toContain('Warning: Left out.');
  });

  it('calls a tool with arguments of any type, under a key', async () => {
    const answers = {
      [`POST ${path}/builtin/tools/calculator/call`]: reply({ text: '42', is_error: false, version: 1, warnings: [] }),
    };
    const { stdout, asked } = await treadle(
      [
        'tools',
        'call',
        'builtin',
        'calculator',
        '--argument',
        'expression=6 * 7',
        '--argument',
        'digits:=2',
        '--key',
        'once',
      ],
      { answers },
    );
    expect(stdout.trim()).toBe('42');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ arguments: { expression: '6 * 7', digits: 2 } });
    expect(asked[0]?.headers['idempotency-key']).toBe('once');
  });

  it('shares, promotes and rolls back', async () => {
    const verbs = Object.fromEntries(
      ['share', 'promote', 'rollback'].map((verb) => [`POST ${path}/shop/${verb}`, reply(shop)]),
    );
    const options = { answers: verbs };
    const shared = await treadle(['tools', 'share', 'shop', '25', '--of', '2'], options);
    expect(JSON.parse(shared.asked[0]?.body ?? '')).toEqual({ version: 2, share: 25 });
    expect((await treadle(['tools', 'promote', 'shop'], options)).code).toBe(0);
    expect((await treadle(['tools', 'rollback', 'shop'], options)).stdout).toContain('are served by version 1');
    expect((await treadle(['tools', 'share', 'shop', '101'], options)).code).toBe(2);
  });

  it('reads secrets from files and shows none', async () => {
    const file = join(tmpdir(), `treadle-cli-key-${process.pid}.txt`);
    await writeFile(file, 'sesame\n');
    const { stdout, asked } = await treadle(
      ['tools', 'credential', 'set', 'shop', '--type', 'header', '--set', 'name=X-Key', '--secret', `value=${file}`],
      { answers: { [`PUT ${path}/shop/credential`]: reply({ hosts: ['api.example.com'] }) } },
    );
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ type: 'header', values: { name: 'X-Key', value: 'sesame' } });
    expect(stdout).toBe('The credential of "shop" is saved for api.example.com.\n');
  });

  it('says what the server says against it', async () => {
    const answers = { [`GET ${path}/x`]: refuse(404, { code: 'tool_not_found', message: 'There is no toolset "x".' }) };
    const { code, stderr } = await treadle(['tools', 'show', 'x'], { answers });
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining('There is no toolset')]);
  });
});
