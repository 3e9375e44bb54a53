import type { DocumentReader } from '@treadle/documents';
import { FailureError } from '@treadle/failure';
import { errorOutcome, textOutcome } from '../../domain/outcome.js';
import type { BuiltinTool } from '../../kinds/builtin/builtin-tool.js';
import { textOf } from '../../kinds/schema/text-of.js';

const connectTimeoutSeconds = 10;
const mostBytes = 10_000_000;
const defaultCharacters = 50_000;
const mostCharacters = 500_000;

/** Reads the text of pages, in processes that may do nothing else. */
export function makeReadWebPage(documents: Pick<DocumentReader, 'read'>): BuiltinTool {
  return {
    description: 'Reads a web page, PDF or other document from a public address and gives its text as Markdown.',
    parameters: {
      type: 'object',
      properties: {
        url: { type: 'string', minLength: 1, maxLength: 8_000 },
        max_characters: { type: 'integer', minimum: 100, maximum: mostCharacters, default: defaultCharacters },
      },
      required: ['url'],
      additionalProperties: false,
    },
    mutating: false,
    call: async ({ url, max_characters: most = defaultCharacters }, world) => {
      const address = textOf(url);
      const answer = await world.http.send({
        ...{ method: 'GET', url: address, headers: [['Accept', 'text/html, */*;q=0.8']], maxBytes: mostBytes },
        connectTimeoutSeconds,
        readTimeoutSeconds: Math.max(1, (world.deadlineUnixMs - Date.now()) / 1000),
      });
      if (answer.status >= 400)
        return errorOutcome(`The page answered with status ${answer.status}. Try another address.`);
      const file = {
        bytes: answer.bytes,
        fileName: new URL(address).pathname.split('/').at(-1) || 'page.html',
        mediaType: answer.headers['content-type'] ?? '',
      };
      try {
        const { text } = await documents.read(world.tenantId, file, world.signal);
        if (text.length <= Number(most)) return textOutcome(text);
        return textOutcome(`${text.slice(0, Number(most))}\n\n(The text goes on: ${text.length} characters in all.)`);
      } catch (error) {
        if (error instanceof FailureError && error.failure.code.startsWith('document_'))
          return errorOutcome(error.message);
        throw error;
      }
    },
  };
}
