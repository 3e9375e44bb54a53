import { afterEach, describe, expect, it } from 'vitest';
import { type FakeCluster, startFakeCluster } from '../src/fake-cluster.js';
import { helmMajors, render, type Values } from '../src/helm.js';
import { type KubeObject, ofKind, titleOf } from '../src/objects.js';

let cluster: FakeCluster | undefined;
afterEach(() => {
  cluster?.close();
  cluster = undefined;
});

/** What an upgrade makes of a cluster in which these objects are. */
async function upgrade(
  installed: readonly KubeObject[],
  values: Values = {},
  major: 3 | 4 = 4,
): Promise<readonly KubeObject[]> {
  cluster = await startFakeCluster(installed);
  return (await render({ values, major, upgrade: true, more: cluster.more })).objects;
}

const { objects: installed } = await render();
const without = (title: string) => installed.filter((object) => titleOf(object) !== title);

describe('credentials that the chart makes', () => {
  it.each(helmMajors)('are kept by an upgrade with Helm %i', async (major) => {
    const upgraded = await upgrade(installed, {}, major);
    const secrets = ofKind(installed, 'Secret');
    expect(secrets).toHaveLength(5);
    for (const secret of secrets)
      expect(upgraded.find((each) => titleOf(each) === titleOf(secret))?.data).toEqual(secret.data);
  });

  it('differ from one installation to the next, and are long', async () => {
    const { objects: other } = await render();
    for (const secret of ofKind(installed, 'Secret')) {
      const twin = other.find((each) => titleOf(each) === titleOf(secret));
      for (const [key, value] of Object.entries(secret.data ?? {})) {
        expect(twin?.data?.[key]).not.toBe(value);
        expect(Buffer.from(value, 'base64').length).toBeGreaterThanOrEqual(32);
      }
      expect(secret.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    }
  });

  it('are of the kind that their users take', () => {
    const value = (name: string, key: string) =>
      Buffer.from(
        ofKind(installed, 'Secret').find(({ metadata }) => metadata.name === name)?.data?.[key] ?? '',
        'base64',
      ).toString();
    expect(Buffer.from(value('treadle-key-encryption', 'key'), 'base64')).toHaveLength(32);
    expect(value('treadle-api-key', 'key')).toMatch(/^tk_[A-Za-z0-9]{43}$/);
    expect(value('treadle-nats', 'password')).toMatch(/^[a-z]/);
    expect(value('treadle-nats', 'url')).toBe(
      `nats://treadle:${value('treadle-nats', 'password')}@treadle-nats.llm.svc:4222`,
    );
    expect(value('treadle-postgres', 'url')).toContain(
      `:${value('treadle-postgres', 'password')}@treadle-postgres.llm.svc:5432/`,
    );
  });
});

describe('the upgrade guard', () => {
  const refused: readonly (readonly [string, readonly KubeObject[], Values, RegExp])[] = [
    ['a lost key', without('Secret treadle-key-encryption'), {}, /Secret treadle-key-encryption is gone/],
    ['a lost password', without('Secret treadle-postgres'), {}, /Secret treadle-postgres is gone/],
    [
      'a database that goes',
      installed,
      { postgres: { enabled: false, existingSecret: 'our' } },
      /postgres\.enabled is false now/,
    ],
    ['vectors that go', installed, { qdrant: { enabled: false } }, /qdrant\.enabled is false now/],
    [
      'a volume of another size',
      installed,
      { postgres: { storage: { size: '99Gi' } } },
      /postgres\.storage\.size is 99Gi, and the volume has 20Gi/,
    ],
    [
      'a volume of another class',
      installed,
      { nats: { storage: { className: 'fast' } } },
      /nats\.storage\.className is fast/,
    ],
  ];

  it.each(refused)('refuses %s', async (_, there, values, sentence) => {
    await expect(upgrade(there, values)).rejects.toThrow(sentence);
  });

  it.each(refused)('lets %s pass when told so', async (_, there, values) => {
    await expect(upgrade(there, { ...values, upgradeGuard: false })).resolves.toBeDefined();
  });

  it('is not in the way of an upgrade that changes nothing', async () => {
    const upgraded = await upgrade(installed);
    expect(upgraded.map(titleOf)).toEqual(installed.map(titleOf));
  });
});
