import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ClientLoad } from './cluster/client-load.js';
import { ContainerCluster } from './cluster/container-cluster.js';
import { LocalCluster } from './cluster/local-cluster.js';
import { imageFinding, insideScript, outsideFinding, outsideScript } from './cluster/look-inside.js';
import type { PlayedCluster } from './cluster/played-cluster.js';
import { buildStandIns } from './cluster/stand-ins.js';
import { render, type Values } from './helm.js';
import { type KubeObject, ofKind, podsOf } from './objects.js';

const help = `Runs what the chart renders: helm test, a rolling restart of every deployment under load, helm test again.

  --containers       as containers on a network of their own, from the images of \`npm run images\`; needs Docker on Linux, and root.
                     Without it, as processes of this machine
  --repository NAME  what images of ours are named below (default treadle)
  --list FILE        their digests, as \`npm run images -- --push --list FILE\` writes them; without it they are named by tag
  --stand-ins BASE   builds stand-ins for PostgreSQL, NATS and Qdrant on this image, where theirs cannot be fetched
  --subnet A.B.C     of the network of containers (default 10.213.0)`;

const { values: settings } = parseArgs({
  options: {
    containers: { type: 'boolean', default: false },
    repository: { type: 'string', default: 'treadle' },
    list: { type: 'string' },
    'stand-ins': { type: 'string' },
    subnet: { type: 'string', default: '10.213.0' },
    help: { type: 'boolean', default: false },
  },
});

/** As the chart takes it: the registry for itself. */
const [, registry, repository = ''] = /^([^/]+[.:][^/]*\/)?(.+)$/.exec(settings.repository) ?? [];

/** What is installed: the bundled stores, migrations as a Job, two of what clients feel and of what works. */
const installed = {
  migrations: { mode: 'job' },
  defaults: { replicas: 1 },
  services: { gateway: { replicas: 2 }, orchestrator: { replicas: 2 } },
  executors: { default: { replicas: 2, concurrency: 8 }, models: { nodeTypes: ['llm'], concurrency: 32 } },
};
/** Only an image has a Python of its own. */
const codePool = {
  nodeTypes: ['code'],
  isolated: true,
  concurrency: 4,
  image: { repository: `${repository}/node-executor-code` },
  environment: { TREADLE_CODE_PYTHON: 'cpython' },
};
const codeWorkflow = `format: treadle/v1
name: chart-code
nodes:
  - id: start
    type: start
    config:
      variables: [{ variable: name, label: Whose letters are counted, type: text-input, required: true }]
  - id: count
    type: code
    config:
      code_language: python3
      code: |
        import sys
        def main(name: str) -> dict:
            return {"letters": len(name), "python": sys.implementation.name}
      variables: [{ variable: name, value_selector: [start, name] }]
      outputs: { letters: { type: number }, python: { type: string } }
  - id: end
    type: end
    config:
      outputs: [{ variable: letters, value_selector: [count, letters] }, { variable: python, value_selector: [count, python] }]
edges:
  - { source: start, target: count }
  - { source: count, target: end }
`;

const dataOf = (objects: readonly KubeObject[], kind: string, name: string, key: string): string =>
  ofKind(objects, kind).find(({ metadata }) => metadata.name === name)?.data?.[key] ?? '';

const say = (text: string) => process.stdout.write(`${text}\n`);
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function main(): Promise<boolean> {
  // Each pod is ended with us.
  process.setMaxListeners(100);
  const { objects } = await render({ values: valuesOf() });
  const containers = settings.containers ? new ContainerCluster(objects, settings.subnet) : undefined;
  const cluster = containers ?? new LocalCluster(objects);
  try {
    const begun = performance.now();
    await cluster.start();
    say(
      `${cluster.pods.length} pods are ready after ${seconds(begun)}, of ${cluster.deployments.length} deployments${containers ? ' and the stores' : ''}.`,
    );
    const isClosed = containers ? await lookInside(containers, objects) : true;
    say(`helm test: ${await cluster.runTest()}`);
    return (await restartUnderLoad(cluster, objects)) && isClosed;
  } finally {
    await cluster.stop();
  }
}

interface ImageList {
  readonly image: { readonly tag: string; readonly digests: Readonly<Record<string, string>> };
}

function valuesOf(): Values {
  const { 'stand-ins': base } = settings;
  if (!settings.containers) return installed;
  const stores = base === undefined ? {} : buildStandIns(base);
  const listed =
    settings.list === undefined ? {} : (JSON.parse(readFileSync(settings.list, 'utf8')) as ImageList).image;
  const image = { repository, ...(registry && { registry: registry.slice(0, -1) }), ...listed };
  return { ...installed, ...stores, image, executors: { ...installed.executors, code: codePool } };
}

/** Each image of ours, and what can be reached from the network. */
async function lookInside(cluster: ContainerCluster, objects: readonly KubeObject[]): Promise<boolean> {
  const troubles: string[] = [];
  const ours = podsOf(ofKind(objects, 'Deployment'));
  for (const { owner, spec } of ours) {
    const image = spec.containers[0]?.image ?? '';
    const found = imageFinding(image, await cluster.ask(owner, insideScript), await cluster.health(owner));
    say(found.text);
    troubles.push(...found.troubles);
  }
  const outside = outsideFinding(await cluster.ask(ours[0]?.owner ?? '', outsideScript));
  say(outside.text);
  troubles.push(...outside.troubles);
  for (const trouble of troubles) say(`WRONG: ${trouble}`);
  return troubles.length === 0;
}

async function restartUnderLoad(cluster: PlayedCluster, objects: readonly KubeObject[]): Promise<boolean> {
  const key = Buffer.from(dataOf(objects, 'Secret', 'treadle-api-key', 'key'), 'base64').toString();
  const load = new ClientLoad(cluster.url, key);
  load.begin(await load.importWorkflow(dataOf(objects, 'ConfigMap', 'treadle-test', 'hello.yml')), 4, 50);
  if (settings.containers) load.begin(await load.importWorkflow(codeWorkflow), 1, 100);
  for (const deployment of cluster.deployments) {
    const since = performance.now();
    await cluster.restart(deployment);
    say(`${deployment} is restarted after ${seconds(since)}.`);
  }
  const { calls, failed, accepted, lost } = await load.end();
  const restarts = cluster.pods.reduce((sum, pod) => sum + pod.restarts, 0);
  const killed = cluster.pods.filter((pod) => pod.killed).map(({ owner }) => owner);
  say(`helm test: ${await cluster.runTest()}`);
  for (const line of failed.slice(0, 20)) say(line);
  say(`${calls} client calls, ${failed.length} failed; ${accepted} runs accepted, ${lost.length} lost.`);
  say(
    `${restarts} restarts by liveness or death, ${killed.length} killed when their grace was over${killed.length > 0 ? `: ${killed.join(', ')}` : ''}.`,
  );
  return failed.length + lost.length + restarts + killed.length === 0;
}

if (settings.help) say(help);
else
  main().then(
    (ok) => process.exit(ok ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
