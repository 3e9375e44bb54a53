import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inCheckout } from './child.js';

const dockerfile = readFileSync(inCheckout('deploy/docker/Dockerfile'), 'utf8').replace(/\\\n\s*/g, '');
const stages = dockerfile.split(/^(?=FROM )/m).slice(1);
const stage = (name: string) => stages.find((text) => new RegExp(`^FROM \\S+ AS ${name}$`, 'm').test(text)) ?? '';
const finals = ['service', 'code'];
const services = [
  'gateway',
  'model-proxy',
  'node-executor',
  'orchestrator',
  'retrieval',
  'standalone',
  'tool-registry',
];

const { neededFolders } = (await import(inCheckout('tools/prune-image.mjs'))) as {
  neededFolders: (start: string) => string[];
};

describe('the Dockerfile', () => {
  it('takes nothing from the internet but packages, and bases by argument', () => {
    expect(dockerfile).not.toMatch(/^ADD |curl|wget/m);
    const bases = stages.map((text) => /^FROM (\S+)/.exec(text)?.[1]);
    expect(bases.every((base) => /^(?:\$\{(?:BUILD_)?BASE\}|build|scratch)$/.test(base ?? ''))).toBe(true);
    expect(dockerfile).toMatch(/^ARG BASE=\S+:24-\S+$/m);
    expect(dockerfile).not.toMatch(/:latest/);
  });

  it.each(finals)('%s runs as somebody else than root, in one command that can be asked how it is', (name) => {
    const text = stage(name);
    expect(text).toMatch(/^USER 10001:10001$/m);
    expect(text).toMatch(/^HEALTHCHECK .*CMD \["node", "\/app\/health\.mjs"\]$/m);
    expect(text).toMatch(/^ENTRYPOINT \["node"\]$/m);
    for (const label of ['title', 'version', 'revision', 'licenses'])
      expect(text).toContain(`org.opencontainers.image.${label}=`);
    expect(text).not.toMatch(/^RUN /m);
    expect(text.match(/^COPY .*/gm)).toEqual([
      expect.stringMatching(/^COPY --from=\w+ \/ \/$/),
      'COPY --from=pruned /out .',
    ]);
  });

  it.each(['trimmed', 'python'])('%s has no package manager', (name) => {
    for (const path of ['/usr/local/lib/node_modules', '/usr/local/bin/npm', '/usr/bin/apt*', '/usr/bin/dpkg*'])
      expect(stage(name)).toContain(path);
  });
});

describe.each(services)('the image of %s', (service) => {
  it('has what the service runs on, and nothing that builds or tests it', () => {
    const folders = neededFolders(`services/${service}`);
    expect(folders).toContain('node_modules/@nestjs/core');
    expect(folders).toContain('libs/telemetry');
    const names = folders.map((folder) => folder.split('node_modules/').at(-1));
    for (const name of ['vitest', 'typescript', 'typescript-7', 'eslint', 'nx', '@biomejs/biome', 'libs/testing'])
      expect(names).not.toContain(name);
    expect(names.filter((name) => name?.startsWith('node-linux-'))).toEqual([]);
  });
});

describe('the health command', () => {
  const ask = async (status: number) => {
    const server = createServer((_request, response) => response.writeHead(status).end('{"status":"said"}'));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const environment = { TREADLE_SERVICE: 'orchestrator', TREADLE_HEALTH_PORT: String(port) };
    return promisify(execFile)(process.execPath, [inCheckout('deploy/docker/health.mjs')], { env: environment });
  };

  it('ends well where the process is ready', async () => {
    expect((await ask(200)).stdout).toContain('said');
  });

  it('fails, and says why, where it is not', async () => {
    await expect(ask(503)).rejects.toMatchObject({ code: 1, stdout: '{"status":"said"}\n' });
  });
});
