import { afterAll, describe, expect, it } from 'vitest';
import { LocalProvider } from '../src/providers/local/index.js';

const provider = new LocalProvider();
afterAll(() => provider.close());
const embed = async (...texts: string[]) =>
  (await provider.embed({ model: 'embeddings-en', texts, dimensions: 0, purpose: '', deadlineUnixMs: 0 })).vectors;

const similarity = (a: readonly number[] = [], b: readonly number[] = []) => {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

describe('the local embedding model', () => {
  it('puts texts of one meaning near each other, in the order they came', async () => {
    const texts = ['How do I reset my password?', 'I forgot my login credentials', 'The weather is sunny today'];
    const [question, near, far] = await embed(...texts);
    expect(question).toHaveLength(512);
    expect(similarity(question, near)).toBeGreaterThan(similarity(question, far) + 0.1);
  });

  it('takes more texts than a batch, and calls at the same time', async () => {
    const texts = Array.from({ length: 10 }, (_, index) => `This is text number ${index}.`);
    const [together, alone] = await Promise.all([embed(...texts), embed(texts[9] ?? '')]);
    expect(together).toHaveLength(10);
    expect(similarity(together[9], alone[0])).toBeGreaterThan(0.999);
  });

  it('starts again after it was closed, and refuses what it cannot make', async () => {
    await provider.close();
    expect(await embed('again')).toHaveLength(1);
    const call = { model: 'embeddings-en', texts: ['x'], dimensions: 64, purpose: '', deadlineUnixMs: 0 } as const;
    await expect(provider.embed(call)).rejects.toMatchObject({ failure: { field: 'dimensions' } });
  });
});

describe('the local reranker', () => {
  const call = { model: 'soft-terms', query: 'Where can I park my car?', top: 0, deadlineUnixMs: 0 };
  const documents = [
    'The canteen opens at noon.',
    'Automobiles can be left behind the building.',
    'Parking: cars stand in the yard.',
  ];

  it('puts first what says it, then what means it', async () => {
    const { ranking, warnings } = await provider.rerank({ ...call, documents });
    expect(ranking.map(({ index }) => index)).toEqual([2, 1, 0]);
    expect(warnings).toEqual([]);
    const { ranking: again } = await provider.rerank({ ...call, documents, top: 1 });
    expect(again).toEqual(ranking.slice(0, 1));
  });

  it('reads the beginning of a long text, and says so', async () => {
    const { warnings } = await provider.rerank({ ...call, documents: ['park '.repeat(1000), 'short'] });
    expect(warnings).toEqual([expect.stringContaining('Of 1 documents')]);
  });

  it('refuses too many texts and other models, and ends with its call', async () => {
    const many = provider.rerank({ ...call, documents: Array.from({ length: 501 }, () => 'x') });
    await expect(many).rejects.toMatchObject({ failure: { field: 'documents' } });
    const other = provider.rerank({ ...call, model: 'embeddings-en', documents });
    await expect(other).rejects.toMatchObject({ failure: { code: 'model_not_found' } });
    const late = provider.rerank({ ...call, documents: ['not read before'], signal: AbortSignal.abort() });
    await expect(late).rejects.toMatchObject({ failure: { code: 'cancelled' } });
  });
});
