import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { wait } from './wait.descriptor.js';

const waiting = (config: JsonObject) => wait.wait(wait.config.parse(config), () => 90, 1000);

describe('wait', () => {
  it('waits for a while or until a moment', () => {
    expect(waiting({ mode: 'duration', duration: 2, unit: 'minute' })).toEqual({ dueAt: 121_000 });
    expect(waiting({ mode: 'duration', duration: '{{#a.seconds#}}' })).toEqual({ dueAt: 91_000 });
    expect(waiting({ mode: 'moment', until: '1970-01-01T01:00:00+01:00' })).toEqual({ dueAt: 0 });
  });

  it.each([
    [{ mode: 'duration', duration: 'soon' }, 'node_configuration'],
    [{ mode: 'duration', duration: '-1' }, 'node_configuration'],
    [{ mode: 'duration', duration: 9999, unit: 'day' }, 'limit_exceeded'],
    [{ mode: 'moment', until: 'tomorrow' }, 'node_configuration'],
    [{ mode: 'moment', until: '2030-01-31T12:00:00' }, 'node_configuration'],
    [{ mode: 'moment', until: '2030-13-31T12:00:00Z' }, 'node_configuration'],
  ])('fails on %j', (config, code) => {
    expect(waiting(config)).toMatchObject({ failure: { code } });
  });

  it('says until when it has waited', () => {
    const config = wait.config.parse({ mode: 'duration', duration: 1 });
    expect(wait.elapsed(config, { dueAt: 1500 })).toEqual({ outputs: { waited_until: '1970-01-01T00:00:01.500Z' } });
  });
});
