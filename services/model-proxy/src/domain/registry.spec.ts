import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import type { Provider } from './provider.js';
import { Registry } from './registry.js';

function setup(answer: () => readonly string[]) {
  const state = { now: 0, readings: 0 };
  const provider: Provider = {
    name: 'p',
    kind: 'p',
    listModels: async () => {
      state.readings += 1;
      return answer();
    },
    chat: () => {
      throw new Error('not asked');
    },
    close: async () => undefined,
  };
  const registry = new Registry([provider], () => state.now);
  return { state, list: (wanted?: string) => registry.list(provider, wanted) };
}

const unavailable = () => {
  throw FailureError.of('provider_unavailable', 'away');
};

describe('the list of a provider', () => {
  it('is read once a minute, and once for all who ask together', async () => {
    const { state, list } = setup(() => ['a']);
    await Promise.all([list(), list(), list('a')]);
    state.now = 59_000;
    await list();
    expect(state.readings).toBe(1);
    state.now = 61_000;
    await list();
    expect(state.readings).toBe(2);
  });

  it('is not waited for when the old one has the model', async () => {
    let models = ['a'];
    const { state, list } = setup(() => models);
    await list();
    models = ['b'];
    state.now = 61_000;
    expect(await list('a')).toEqual({ state: 'known', models: ['a'] });
    expect(await list('b')).toEqual({ state: 'known', models: ['b'] });
    expect(state.readings).toBe(2);
  });

  it('stays the old one when a later reading fails', async () => {
    let answer: () => string[] = () => ['a'];
    const { state, list } = setup(() => answer());
    await list();
    answer = unavailable;
    state.now = 61_000;
    expect(await list('b')).toEqual({ state: 'known', models: ['a'] });
  });

  it('tells a server that is away from one that has no list, and asks again soon', async () => {
    let answer: () => string[] = unavailable;
    const { state, list } = setup(() => answer());
    expect(await list()).toMatchObject({ state: 'down', failure: { code: 'provider_unavailable' } });
    expect(await list()).toMatchObject({ state: 'down' });
    expect(state.readings).toBe(1);
    state.now = 6_000;
    answer = () => {
      throw FailureError.of('provider_rejected', '404');
    };
    expect(await list()).toEqual({ state: 'none' });
  });
});
