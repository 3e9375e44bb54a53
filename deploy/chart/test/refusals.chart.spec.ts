import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chart, readProfiles, render, type Values } from '../src/helm.js';
import { mutations } from '../src/mutate-values.js';

const keda = { minReplicas: 1, maxReplicas: 4, pollingSeconds: 10, scaleInSeconds: 60, fallbackReplicas: 1 };
const hpa = { minReplicas: 1, maxReplicas: 4, cpuPercent: 70, scaleInSeconds: 60 };

/** Values that no schema can refuse, and what is said of them. */
const refused: readonly (readonly [string, Values, RegExp])[] = [
  ['no database', { postgres: { enabled: false } }, /No database: set postgres\.enabled/],
  ['no bus', { nats: { enabled: false } }, /No bus: set nats\.enabled/],
  ['two buses', { nats: { external: { url: 'nats://x:4222' } } }, /Two of nats/],
  ['two vector stores', { qdrant: { external: { url: 'http://x:6333' } } }, /Two of qdrant/],
  [
    'two addresses',
    { nats: { enabled: false, external: { url: 'nats://x', existingSecret: 'x' } } },
    /Two addresses of NATS/,
  ],
  ['two places for files', { files: { existingSecret: 'a', existingClaim: 'b' } }, /Two places for files/],
  ['nobody to make secrets', { secrets: { generate: false } }, /existingSecret must name a Secret/],
  ['a route to nowhere', { gateway: { route: { enabled: true } } }, /needs gateway\.route\.parents/],
  [
    'a canary without a share',
    { gateway: { canary: { enabled: true, version: '2' } } },
    /needs gateway\.route\.enabled/,
  ],
  [
    'a canary of no version',
    { gateway: { canary: { enabled: true }, route: { enabled: true, parents: [{ name: 'a' }] } } },
    /needs gateway\.canary\.version/,
  ],
  ['a pool served twice', { executors: { other: { pools: ['default'] } } }, /pool default is served twice/],
  [
    'a version of nothing',
    { executors: { next: { pools: ['fast'], version: '2' } } },
    /the pool fast, which nobody serves/,
  ],
  [
    'a type in two pools',
    { executors: { a: { nodeTypes: ['code'] }, b: { nodeTypes: ['code'] } } },
    /type code go to two pools/,
  ],
  ['isolated on the internet', { executors: { a: { isolated: true, internet: true } } }, /isolated and has internet/],
  ['isolated with a way out', { executors: { a: { isolated: true, egress: [{}] } } }, /isolated and has egress/],
  ['nobody for the rest', { executors: { default: { pools: ['other'] } } }, /No executors serve the pool `default`/],
  ['two scalers', { executors: { default: { scaling: { hpa, keda } } } }, /hpa and keda, which would fight/],
  [
    'two scalers of a service',
    { services: { gateway: { scaling: { hpa, keda } } } },
    /services\.gateway\.scaling has hpa and keda/,
  ],
  [
    'a queue of a service',
    { services: { modelProxy: { scaling: { keda } } } },
    /services\.modelProxy\.scaling\.keda: only executors/,
  ],
  [
    'more at least than at most',
    { executors: { default: { scaling: { keda: { ...keda, minReplicas: 9 } } } } },
    /minReplicas above its maxReplicas/,
  ],
  [
    'nothing measured',
    { executors: { default: { scaling: { hpa: { minReplicas: 1, maxReplicas: 4, scaleInSeconds: 60 } } } } },
    /measures nothing/,
  ],
  [
    'a queue nobody shows',
    { executors: { default: { scaling: { keda } } }, nats: { enabled: false, external: { url: 'nats://x:4222' } } },
    /set nats\.external\.monitor/,
  ],
  [
    'a queue nobody may look at',
    { executors: { default: { scaling: { keda } } }, networkPolicies: { monitorFrom: [] } },
    /let KEDA in with networkPolicies\.monitorFrom/,
  ],
  ['more orchestrators than partitions', { services: { orchestrator: { replicas: 65 } } }, /64 partitions/],
  ['too many connections', { defaults: { replicas: 40 } }, /may open \d+ connections in a roll-out/],
];

describe('values that make no sense', () => {
  it.each(refused)('are refused with a sentence: %s', async (_, values, sentence) => {
    await expect(render({ values })).rejects.toThrow(sentence);
  });
});

describe('values with a mistake', () => {
  it('are refused with a sentence, 99 of 100', { timeout: 600_000 }, async () => {
    const defaults = parse(readFileSync(`${chart}/values.yaml`, 'utf8')) as Values;
    const schema = JSON.parse(readFileSync(`${chart}/values.schema.json`, 'utf8')) as object;
    const mutated = mutations([defaults, ...Object.values(readProfiles())], schema, 300);
    const taken: string[] = [];
    const queue = [...mutated];
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        const { what, values } = next;
        const said = await render({ values }).then(
          () => '',
          (error: unknown) => (error instanceof Error ? error.message : ''),
        );
        if (!/ (is|are|has|must|not|does|want|got|doesn't|value) /.test(said)) taken.push(`${what}: ${said}`);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    console.log(`${mutated.length - taken.length} of ${mutated.length} mutated values files are refused.`);
    expect(mutated).toHaveLength(300);
    expect(taken.length, taken.join('\n')).toBeLessThanOrEqual(3);
  });
});
