import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { render, type Values } from '../src/helm.js';
import { podsOf } from '../src/objects.js';

const read = (path: string) => parse(readFileSync(path, 'utf8'), { merge: true }) as Values;

interface ComposeService {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
}

describe('on one machine', () => {
  it('kind installs the chart with volumes that one node has', async () => {
    const { text } = await render({ values: read('deploy/kind/values.yaml') });
    expect(text).not.toContain('ReadWriteMany');
  });

  it('compose runs what the chart runs', async () => {
    const { services } = read('deploy/compose/compose.yaml') as { services: Record<string, ComposeService> };
    const { objects } = await render();
    const images = podsOf(objects)
      .filter(({ owner }) => owner.startsWith('Deployment'))
      .map(({ spec }) => spec.containers[0]?.image.split(':')[0]);
    const composed = Object.values(services).map(({ image }) => image.split(':')[0]);
    expect(composed).toEqual(expect.arrayContaining(images));
    for (const [name, { environment = {} }] of Object.entries(services))
      if (images.includes(`treadle/${name}`)) expect(Object.keys(environment)).toContain('DATABASE_URL');
  });
});
