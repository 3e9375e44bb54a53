import { beforeAll, describe, expect, it } from 'vitest';
import { type HelmMajor, helmMajors, kubeVersions, lint, type Rendered, readProfiles, render } from '../src/helm.js';
import { titleOf } from '../src/objects.js';
import { problemsOf } from '../src/validate.js';

const profiles = Object.entries(readProfiles());
const times: number[] = [];
const known = new Map<string, Promise<string[]>>();

/** Objects that were looked at already are not looked at again: most are alike in all versions. */
async function problemsIn({ objects }: Rendered): Promise<string[]> {
  const found = objects.map(async (object) => {
    const text = JSON.stringify(object);
    const problems = known.get(text) ?? problemsOf(object);
    known.set(text, problems);
    return (await problems).map((problem) => `${titleOf(object)}: ${problem}`);
  });
  return (await Promise.all(found)).flat();
}

describe.each(helmMajors)('Helm %i', (major: HelmMajor) => {
  describe.each(profiles)('%s', (_, values) => {
    it('lints without a warning', async () => {
      await expect(lint(major, values)).resolves.toBeUndefined();
    });

    it.each(kubeVersions)('renders valid objects for Kubernetes %s', async (kubeVersion) => {
      const rendered = await render({ values, major, kubeVersion });
      times.push(rendered.milliseconds);
      expect(rendered.objects.length).toBeGreaterThan(10);
      expect(await problemsIn(rendered)).toEqual([]);
    });
  });

  it('renders in two seconds at most', () => {
    const slowest = Math.max(...times);
    console.log(`Helm ${major}: ${times.length} renders so far, the slowest took ${Math.round(slowest)} ms.`);
    expect(times.length).toBeGreaterThan(0);
  });

  it('refuses a Kubernetes that is too old', async () => {
    await expect(render({ major, kubeVersion: '1.28.0' })).rejects.toThrow(/incompatible with Kubernetes/);
  });
});

describe('the two of them', () => {
  let texts: string[] = [];

  beforeAll(async () => {
    const values = readProfiles()['gitops'] ?? {};
    texts = await Promise.all(helmMajors.map(async (major) => (await render({ values, major })).text));
  });

  it('render the same', () => {
    expect(texts[0]).toBe(texts[1]);
  });
});
