import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import type { Provider } from './provider.js';
import { Registry } from './registry.js';
import { resolveModel } from './resolve-model.js';

/** A provider of which only its list matters: the models, or the failure that comes in their place. */
const provider = (name: string, list: readonly string[] | FailureError): Provider => ({
  name,
  kind: name,
  listModels: async () => {
    if (list instanceof FailureError) throw list;
    return list;
  },
  chat: () => {
    throw new Error('not asked');
  },
  close: async () => undefined,
});

const down = FailureError.of('provider_unavailable', 'The provider cannot be reached.');
const noList = FailureError.of('provider_rejected', '404');
const demo = provider('demo', ['demo']);

async function resolved(providers: Provider[], wanted: string, defaultModel = '') {
  const [name = '', model = ''] = wanted.split(' ');
  const resolution = await resolveModel(new Registry(providers), defaultModel, { provider: name, model });
  return resolution.served
    ? { by: `${resolution.provider.name} ${resolution.model}`, warning: resolution.warning }
    : { code: resolution.failure.code, message: resolution.failure.message };
}

describe('who serves a model', () => {
  it.each([
    ['the provider it names', 'openai small', 'openai small'],
    ['any provider where none is named', ' demo', 'demo demo'],
    ['the provider that its name begins with', ' openai/small', 'openai small'],
    ['the provider at the end of a plugin name', 'langgenius/openai/openai small', 'openai small'],
    [
      'any provider that has it where the named one is none of ours',
      'langgenius/deepseek/deepseek small',
      'openai small',
    ],
    ['the tagged name that a server lists', 'openai llama', 'openai llama:latest'],
  ])('is %s', async (_, wanted, by) => {
    const openai = provider('openai', ['small', 'llama:latest']);
    expect(await resolved([openai, demo], wanted)).toEqual({ by, warning: undefined });
  });

  it.each([
    ['gives no list', noList],
    ['is down', down],
  ])('is the named provider even when it %s', async (_, list) => {
    expect(await resolved([provider('openai', list), demo], 'openai small')).toMatchObject({ by: 'openai small' });
  });

  it.each([
    ['openai/small', 'openai small'],
    ['small', 'openai small'],
    ['demo/demo', 'demo demo'],
  ])('is the default model %s for a name nobody knows, with a warning', async (defaultModel, by) => {
    const providers = [provider('openai', ['small']), demo];
    const expected = { by, warning: expect.stringContaining('No provider knows the model "gpt-9" of "a/b/c".') };
    expect(await resolved(providers, 'a/b/c gpt-9', defaultModel)).toEqual(expected);
    expect(await resolved(providers, 'openai gpt-9', defaultModel)).toMatchObject({ by });
  });

  it('may be a default model at a provider that gives no list', async () => {
    const providers = [provider('openai', noList), demo];
    expect(await resolved(providers, 'a/b/c gpt-9', 'maker/large')).toMatchObject({ by: 'openai maker/large' });
    expect(await resolved(providers, 'a/b/c gpt-9', 'openai/large')).toMatchObject({ by: 'openai large' });
  });

  it('is nobody without a default model, and the failure says what to set', async () => {
    expect(await resolved([demo], 'a/b/c gpt-9')).toEqual({
      code: 'model_not_found',
      message: expect.stringMatching(/"gpt-9" of "a\/b\/c".*TREADLE_DEFAULT_MODEL.*OPENAI_API_KEY/),
    });
  });

  it('is nobody when the default model does not exist either, and the failure says so', async () => {
    expect(await resolved([demo], 'x gpt-9', 'demo/gone')).toEqual({
      code: 'model_not_found',
      message: expect.stringContaining('TREADLE_DEFAULT_MODEL is "demo/gone", which no provider knows either.'),
    });
  });

  it('is not called unknown while a provider that may have it cannot be asked', async () => {
    const providers = [provider('openai', down), demo];
    expect(await resolved(providers, 'a/b/c gpt-9', 'demo/demo')).toMatchObject({ code: 'provider_unavailable' });
    expect(await resolved(providers, ' demo')).toMatchObject({ by: 'demo demo' });
  });
});
