import { compile, type JsonObject, readDocument } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { catalog } from '../catalog.js';
import { schedule } from './schedule.descriptor.js';

function diagnosticsOf(config: JsonObject) {
  const { document } = readDocument({
    format: 'treadle/v1',
    name: 'nightly',
    nodes: [
      { id: 'night', type: 'schedule', config },
      { id: 'end', type: 'end' },
    ],
    edges: [{ source: 'night', target: 'end' }],
  });
  if (!document) throw new Error('no document');
  return compile(document, catalog).diagnostics.map(({ node, field }) => [node, field]);
}

describe('schedule', () => {
  it('says for which moment the run was begun, and gives its fixed inputs', () => {
    const config = schedule.config.parse({ cron: '@daily', timezone: 'Europe/Berlin', inputs: { depth: 2 } });
    expect(schedule.settle(config, () => '2026-01-01T00:00:00.000Z')).toEqual({
      outputs: { scheduled_at: '2026-01-01T00:00:00.000Z', timezone: 'Europe/Berlin', depth: 2 },
    });
    expect(schedule.outputs(config)).toEqual(['scheduled_at', 'timezone', 'depth']);
  });

  it.each<[JsonObject, string]>([
    [{ cron: '99 * * * *' }, 'cron'],
    [{ cron: '0 0 30 2 *' }, 'cron'],
    [{}, 'cron'],
    [{ cron: '@daily', timezone: 'Mars/Olympus' }, 'timezone'],
    [{ cron: '@daily', catch_up: 'some' }, 'catch_up'],
    [{ cron: '@daily', inputs: { timezone: 'x' } }, 'inputs'],
  ])('names node and field of what is wrong in %j', (config, field) => {
    expect(diagnosticsOf(config)).toEqual([['night', `nodes[0].config.${field}`]]);
  });

  it('needs no start node beside it', () => {
    expect(diagnosticsOf({ cron: '@daily' })).toEqual([]);
  });
});
