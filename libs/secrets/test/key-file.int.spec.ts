import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseKeyEncryptionKeys, readOrMakeKeyFile } from '../src/index.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('makes a key that only its owner reads, and keeps it', () => {
  const path = join(folder, 'data', 'key');
  const made = readOrMakeKeyFile(path);
  expect(parseKeyEncryptionKeys(made)).toHaveLength(1);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readOrMakeKeyFile(path)).toBe(made);
  expect(readdirSync(join(folder, 'data'))).toEqual(['key']);
});
