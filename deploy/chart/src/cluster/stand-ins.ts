import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Values } from '../helm.js';
import { docker } from './docker.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * Builds the images that stand for the stores' own where those cannot be fetched.
 *
 * @param base a Debian with Node, as the images of the services have it
 * @returns the chart's values that take them
 */
export function buildStandIns(base: string): Values {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-stores-'));
  try {
    cpSync(`${root}deploy/docker/stores`, folder, { recursive: true });
    cpSync(`${root}libs/testing/dist/qdrant`, join(folder, 'small/qdrant'), { recursive: true });
    cpSync(`${root}node_modules/zod`, join(folder, 'small/node_modules/zod'), { recursive: true });
    writeFileSync(join(folder, 'small/package.json'), '{ "type": "module" }\n');
    const start = `startQdrantServer({ host: '0.0.0.0', port: 6333, apiKey: process.env.QDRANT__SERVICE__API_KEY })`;
    const end = `process.on('SIGTERM', () => process.exit())`;
    const main = `import { startQdrantServer } from './qdrant/qdrant-server.js';\nawait ${start};\n${end};\n`;
    writeFileSync(join(folder, 'small/main.mjs'), main);
    const images = ['postgres', 'nats', 'qdrant'].map((store) => [store, { image: build(store, base, folder) }]);
    return Object.fromEntries(images) as Values;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function build(store: string, base: string, folder: string): string {
  const image = `treadle/stand-in-${store}:local`;
  docker('build', '--network', 'host', '--target', store, '--build-arg', `BASE=${base}`, '-t', image, folder);
  return image;
}
