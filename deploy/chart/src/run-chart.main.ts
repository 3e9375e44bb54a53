import { Buffer } from 'node:buffer';
import { ClientLoad } from './cluster/client-load.js';
import { LocalCluster } from './cluster/local-cluster.js';
import { render } from './helm.js';
import { type KubeObject, ofKind } from './objects.js';

/** What is installed: the bundled stores, migrations as a Job, two of what clients feel and of what works. */
const values = {
  migrations: { mode: 'job' },
  defaults: { replicas: 1 },
  services: { gateway: { replicas: 2 }, orchestrator: { replicas: 2 } },
  executors: { default: { replicas: 2, concurrency: 8 }, models: { nodeTypes: ['llm'], concurrency: 32 } },
};

const dataOf = (objects: readonly KubeObject[], kind: string, name: string, key: string): string =>
  ofKind(objects, kind).find(({ metadata }) => metadata.name === name)?.data?.[key] ?? '';

const say = (text: string) => process.stdout.write(`${text}\n`);
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function main(): Promise<boolean> {
  // Each pod is ended with us.
  process.setMaxListeners(100);
  const { objects } = await render({ values });
  const cluster = new LocalCluster(objects);
  try {
    const begun = performance.now();
    await cluster.start();
    say(`${cluster.pods.length} pods of ${cluster.deployments.length} deployments are ready after ${seconds(begun)}.`);
    say(`helm test: ${await cluster.runTest()}`);
    const key = Buffer.from(dataOf(objects, 'Secret', 'treadle-api-key', 'key'), 'base64').toString();
    const load = new ClientLoad(cluster.url, key);
    load.begin(await load.importWorkflow(dataOf(objects, 'ConfigMap', 'treadle-test', 'hello.yml')), 4, 50);
    for (const deployment of cluster.deployments) {
      const since = performance.now();
      await cluster.restart(deployment);
      say(`${deployment} is restarted after ${seconds(since)}.`);
    }
    const { calls, failed, accepted, lost } = await load.end();
    const restarts = cluster.pods.reduce((sum, pod) => sum + pod.restarts, 0);
    const killed = cluster.pods.filter((pod) => pod.killed).map(({ name }) => name);
    say(`helm test: ${await cluster.runTest()}`);
    for (const line of failed.slice(0, 20)) say(line);
    say(`${calls} client calls, ${failed.length} failed; ${accepted} runs accepted, ${lost.length} lost.`);
    say(
      `${restarts} restarts by liveness or death, ${killed.length} killed when their grace was over${killed.length > 0 ? `: ${killed.join(', ')}` : ''}.`,
    );
    return failed.length + lost.length + restarts + killed.length === 0;
  } finally {
    await cluster.stop();
  }
}

main().then(
  (ok) => process.exit(ok ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
