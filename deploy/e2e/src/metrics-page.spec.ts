import { metricCatalogue } from '@treadle/telemetry';
import { expect, it } from 'vitest';
import { inCheckout } from './child.js';

const titles = {
  process: 'Of every process',
  orchestrator: 'Of orchestrators',
  nodeExecutor: 'Of executors',
  modelProxy: 'Of the model proxy',
  gateway: 'Of the gateway',
} satisfies Record<keyof typeof metricCatalogue, string>;

function page(): string {
  const groups = Object.entries(metricCatalogue).map(([group, metrics]) => {
    const rows = Object.values(metrics).map(
      ({ name, kind, labels, help }) =>
        `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${help.replaceAll('|', '\\|')} |`,
    );
    return [
      `## ${titles[group as keyof typeof titles]}`,
      '',
      '| metric | kind | labels | meaning |',
      '|---|---|---|---|',
      ...rows,
      '',
    ];
  });
  const note =
    'Made from `libs/telemetry/src/metrics/metric-catalogue.ts`: `npx vitest run --project unit metrics-page -u` makes it anew.';
  return ['# Metrics', '', note, '', ...groups.flat()].join('\n');
}

it('the page of metrics says what the catalogue says', async () => {
  await expect(page()).toMatchFileSnapshot(inCheckout('docs/metrics.md'));
});
