import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render, type Values } from '../src/helm.js';
import { type KubeObject, titleOf } from '../src/objects.js';

const size = fc.integer({ min: 64, max: 4096 }).map((mebibytes) => `${mebibytes}Mi`);
const keda = fc.record({
  minReplicas: fc.integer({ min: 0, max: 3 }),
  maxReplicas: fc.integer({ min: 3, max: 50 }),
  pollingSeconds: fc.integer({ min: 1, max: 60 }),
  scaleInSeconds: fc.integer({ min: 0, max: 600 }),
  fallbackReplicas: fc.integer({ min: 0, max: 5 }),
});
const hpa = fc.record({
  minReplicas: fc.integer({ min: 1, max: 3 }),
  maxReplicas: fc.integer({ min: 3, max: 50 }),
  cpuPercent: fc.integer({ min: 10, max: 90 }),
  scaleInSeconds: fc.integer({ min: 0, max: 600 }),
});
/** Words, those among them that YAML takes for something else. */
const word = fc.oneof(
  { arbitrary: fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), weight: 9 },
  { arbitrary: fc.constantFrom('n', 'y', 'no', 'yes', 'on', 'off', 'true', 'null'), weight: 1 },
);

/** Anything that a pool may say of itself, but for the types of its nodes, which the orchestrator has to know. */
const pool = fc.record(
  {
    replicas: fc.integer({ min: 0, max: 20 }),
    concurrency: fc.integer({ min: 1, max: 500 }),
    longestNodeSeconds: fc.integer({ min: 0, max: 3600 }),
    resources: fc.record({
      requests: fc.record({ cpu: fc.constantFrom('100m', '2'), memory: size }),
      limits: fc.record({ memory: size }),
    }),
    scaling: fc.oneof(fc.constant({}), fc.record({ keda }), fc.record({ hpa })),
    isolated: fc.boolean(),
    runtimeClassName: word,
    image: fc.record({ tag: word }),
    command: fc.array(word, { minLength: 1, maxLength: 3 }),
    environment: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z_]{1,8}$/), fc.oneof(word, fc.integer(), fc.boolean()), {
      maxKeys: 3,
    }),
    podLabels: fc.dictionary(word, word, { maxKeys: 2 }),
    podAnnotations: fc.dictionary(word, fc.string({ maxLength: 20 }), { maxKeys: 2 }),
    nodeSelector: fc.dictionary(word, word, { maxKeys: 2 }),
    disruptionBudget: fc.record({ enabled: fc.boolean(), maxUnavailable: fc.integer({ min: 1, max: 5 }) }),
    temporarySpace: size,
  },
  { requiredKeys: [] },
);
const pools = fc.dictionary(fc.oneof(fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/), word), pool, {
  maxKeys: 20,
});
/** Credentials that were given, so that two renders differ in nothing. */
const still = {
  keyEncryption: { existingSecret: 'our-key' },
  firstApiKey: { existingSecret: 'our-first-key' },
  postgres: { existingSecret: 'our-postgres' },
  nats: { existingSecret: 'our-nats' },
  qdrant: { existingSecret: 'our-qdrant' },
};

/** The manifests by their titles, as text, those of one pool left out. */
async function manifests(executors: Values, without: string): Promise<Map<string, string>> {
  const { objects, text } = await render({ values: { ...still, executors } });
  const parts = text.split(/^---$/m).filter((part) => part.includes('\nkind:'));
  const named = objects.map((object: KubeObject, index): [string, string] => [titleOf(object), parts[index] ?? '']);
  return new Map(named.filter(([title]) => !title.endsWith(`-executor-${without}`)));
}

const numRuns = Number(process.env['TREADLE_CHART_PROPERTY_RUNS'] ?? 25);

describe('a pool', () => {
  it(`changes nothing but itself, in ${numRuns} charts of up to 20 pools`, { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(pools, pool, fc.nat(), async (others, changed, choice) => {
        const executors = { default: {}, ...others };
        const names = Object.keys(executors);
        const name = names[choice % names.length] ?? 'default';
        const before = await manifests(executors, name);
        const after = await manifests({ ...executors, [name]: changed }, name);
        expect([...after]).toEqual([...before]);
      }),
      { numRuns, endOnFailure: true },
    );
  });

  it('that comes or goes changes nothing but itself', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(pools, pool, async (others, added) => {
        const executors = { default: {}, ...others };
        const before = await manifests(executors, 'newcomer');
        const after = await manifests({ ...executors, newcomer: added }, 'newcomer');
        expect([...after]).toEqual([...before]);
      }),
      { numRuns: Math.ceil(numRuns / 3), endOnFailure: true },
    );
  });
});
