import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Description } from '../src/api/docs/code-samples.js';
import { apiKey, type GatewayUnderTest, startGateway } from './gateway-under-test.js';

const run = promisify(execFile);

let gateway: GatewayUnderTest;
let folder: string;
let description: Description & { readonly openapi: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-samples-'));
  gateway = await startGateway();
  description = (await (await gateway.call('/api/docs-json')).json()) as typeof description;
});
afterAll(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('every operation has examples in three languages, in OpenAPI 3.1 and on a page without a script', async () => {
  expect(description.openapi).toMatch(/^3\.1\./);
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  expect(operations.length).toBeGreaterThan(100);
  for (const operation of operations) {
    const languages = operation['x-codeSamples']?.map(({ lang }) => lang) ?? [];
    expect([...new Set(languages)], operation.summary).toEqual(['Shell', 'TypeScript', 'Python']);
  }
  const chat = description.paths['/openai/v1/chat/completions']?.['post'];
  if (chat) expect(chat['x-codeSamples']?.map(({ label }) => label)).toContain('openai');
  const page = await fetch(`${gateway.url}/api/docs/reference`);
  expect([page.status, page.headers.get('content-security-policy')]).toEqual([
    200,
    expect.stringContaining("default-src 'none'"),
  ]);
  const html = await page.text();
  expect(html).toContain('urllib.request');
  expect(html).not.toMatch(/<script|https?:\/\/(?!example\.com)/);
});

const python = await run('python3', ['--version']).then(
  () => true,
  () => false,
);
if (!python) process.stderr.write('There is no python3 here: its examples are not run.\n');

const commands = { Shell: 'sh', TypeScript: process.execPath, Python: 'python3' };
const endings = { Shell: 'sh', TypeScript: 'mts', Python: 'py' };

it.each([
  ['get', '/api/v1/auth/me'],
  ['get', '/api/v1/workflows'],
  ['post', '/api/v1/keys'],
  ['put', '/api/v1/roles/{name}'],
] as const)('the examples of %s %s do as they say', async (method, path) => {
  const samples = description.paths[path]?.[method]?.['x-codeSamples'] ?? [];
  for (const { lang, source } of samples) {
    if (lang === 'Python' && !python) continue;
    const file = join(folder, `sample.${endings[lang]}`);
    writeFileSync(file, source.replaceAll('ROLE_NAME', 'sampled'));
    const env = { PATH: process.env.PATH, TREADLE_URL: gateway.url, TREADLE_API_KEY: apiKey };
    const { stdout } = await run(commands[lang], [file], { env });
    expect(JSON.parse(stdout), `${lang}: ${stdout}`).toBeTypeOf('object');
  }
});
