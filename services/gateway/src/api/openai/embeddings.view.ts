import type { EmbedResponse } from '@treadle/contracts';

/** OpenAI's list of embeddings; as base64 a vector is its 32 bit floats, little end first. */
export function embeddingsView({ embeddings, usage }: EmbedResponse, model: string, base64: boolean) {
  const data = embeddings.map(({ values }, index) => ({
    object: 'embedding',
    index,
    embedding: base64 ? toBase64(values) : values,
  }));
  const tokens = usage?.inputTokens ?? 0;
  return {
    object: 'list',
    data,
    model: usage?.model || model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function toBase64(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeFloatLE(value, index * 4);
  });
  return bytes.toString('base64');
}
