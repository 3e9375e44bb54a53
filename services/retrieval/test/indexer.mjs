// An indexer in a process of its own, which specs kill. Prints a line for each batch whose vectors it is asked for.
import { MemoryFileStore } from '@treadle/files';
import { NatsBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import { Retrieval, retrievalConfig, retrievalSchema } from '@treadle/retrieval';

const log = { info: () => undefined, warn: () => undefined, error: (facts) => console.error(facts) };
const { DATABASE_URL, NATS_URL } = process.env;
const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const vectorOf = (text) => letters.map((letter) => 0.01 + text.split(letter).length - 1);

const retrieval = new Retrieval({
  config: retrievalConfig.read(process.env),
  pool: createPool(DATABASE_URL, { schema: retrievalSchema }),
  bus: await NatsBus.connect({ url: NATS_URL, name: 'indexer', log }),
  files: new MemoryFileStore(),
  models: {
    embed: async ({ texts }) => {
      process.stdout.write(`${texts.length}\n`);
      return { embeddings: texts.map((text) => ({ values: vectorOf(text) })), usage: undefined, warnings: [] };
    },
    rerank: async () => ({ ranking: [], usage: undefined, warnings: [] }),
  },
  log,
});
await retrieval.start();
