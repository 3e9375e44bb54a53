import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import {
  boolean,
  defineConfig,
  describeConfig,
  integer,
  list,
  oneOf,
  type Secret,
  secret,
  secretUrl,
  string,
  url,
} from './index.js';

const definition = defineConfig({
  host: string({ env: 'HOST', default: '127.0.0.1', meaning: 'Address to listen on.' }),
  httpPort: integer({ env: 'PORT', default: 8080, min: 0, max: 65_535, unit: 'port', meaning: 'Port of the API.' }),
  verbose: boolean({ env: 'VERBOSE', default: false, meaning: 'Says more.' }),
  level: oneOf(['info', 'debug'], { env: 'LEVEL', default: 'info', meaning: 'What is logged.' }),
  provider: url({ env: 'PROVIDER', optional: true, schemes: ['http', 'https'], meaning: 'The model provider.' }),
  database: secretUrl({ env: 'DATABASE_URL', schemes: ['postgres', 'postgresql'], meaning: 'Where data is kept.' }),
  apiKey: secret({ env: 'API_KEY', optional: true, meaning: 'The first key.' }),
});

const DATABASE_URL = 'postgresql://treadle@/postgres?host=/tmp/x';

describe('defineConfig', () => {
  it('reads defaults, freezes and types the values', () => {
    const config = definition.read({ DATABASE_URL });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      httpPort: 8080,
      verbose: false,
      level: 'info',
      provider: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
    expect(config.database.reveal()).toBe(DATABASE_URL);
    expectTypeOf(config.level).toEqualTypeOf<'info' | 'debug'>();
    expectTypeOf(config.httpPort).toEqualTypeOf<number>();
    expectTypeOf(config.provider).toEqualTypeOf<string | undefined>();
    expectTypeOf(config.apiKey).toEqualTypeOf<Secret | undefined>();
  });

  it('reads what is set', () => {
    const config = definition.read({
      DATABASE_URL,
      PORT: '0',
      VERBOSE: 'Yes',
      LEVEL: 'debug',
      PROVIDER: 'http://h/v1',
    });
    expect(config).toMatchObject({ httpPort: 0, verbose: true, level: 'debug', provider: 'http://h/v1' });
  });

  it('reads lists, with blanks around their words', () => {
    const lists = defineConfig({
      pools: list({ env: 'POOLS', default: ['default'], item: /^[a-z]+$/, meaning: 'Pools.' }),
      hosts: list({ env: 'HOSTS', default: [], meaning: 'Hosts.' }),
    });
    expect(lists.read({})).toEqual({ pools: ['default'], hosts: [] });
    expect(lists.read({ POOLS: 'a, b', HOSTS: '10.0.0.0/8,x.example' })).toEqual({
      pools: ['a', 'b'],
      hosts: ['10.0.0.0/8', 'x.example'],
    });
    expect(() => lists.read({ POOLS: 'a,B' })).toThrow(/POOLS must be words like/);
    expect(() => lists.read({ POOLS: 'a,,b' })).toThrow(/POOLS/);
  });

  it('names all bad settings in one sentence and no secret value', () => {
    const bad = {
      PORT: '70000',
      VERBOSE: 'maybe',
      LEVEL: 'loud',
      PROVIDER: 'ftp://x',
      DATABASE_URL: 'mysql://root:pw@h',
    };
    expect(() => definition.read(bad)).toThrow(
      'The configuration is wrong: PORT must be a whole number from 0 to 65535, not "70000"; VERBOSE must be true or false, not "maybe"; ' +
        'LEVEL must be one of info, debug, not "loud"; PROVIDER must be a URL that begins with http:// or https://, not "ftp://x"; ' +
        'DATABASE_URL must be a URL that begins with postgres:// or postgresql://.',
    );
  });

  it('says what a missing setting is for, and takes an empty one for missing', () => {
    expect(() => definition.read({ DATABASE_URL: '' })).toThrow('DATABASE_URL must be set (Where data is kept.)');
  });

  it('reads a value from the file named by NAME_FILE, without its last line break', () => {
    const folder = mkdtempSync(join(tmpdir(), 'treadle-config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'key');
    writeFileSync(file, 'k-123\n');
    expect(definition.read({ DATABASE_URL, API_KEY_FILE: file }).apiKey?.reveal()).toBe('k-123');
    expect(() => definition.read({ DATABASE_URL, API_KEY_FILE: `${file}.gone` })).toThrow('cannot be read (ENOENT)');
    expect(() => definition.read({ DATABASE_URL, API_KEY: 'x', API_KEY_FILE: file })).toThrow('only one may be');
  });

  it('prints secrets as ***', () => {
    const { database } = definition.read({ DATABASE_URL });
    expect([String(database), JSON.stringify(database), inspect({ database })]).toEqual([
      '***',
      '"***"',
      '{ database: *** }',
    ]);
  });
});

describe('describeConfig', () => {
  it('lists every setting as declared', () => {
    const rows = describeConfig(definition);
    expect(rows).toHaveLength(7);
    expect(rows[1]).toEqual({
      name: 'PORT',
      default: '8080',
      unit: 'port',
      meaning: 'Port of the API.',
      secret: false,
      required: false,
    });
    expect(rows[5]).toMatchObject({ name: 'DATABASE_URL', secret: true, required: true });
  });
});
