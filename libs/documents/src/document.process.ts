import { registerHooks } from 'node:module';
import type { DocumentFile, DocumentReply, ReadingLimits } from './document-call.js';

/**
 * The process in which documents are read. A call comes in as a line of JSON and as many bytes after it as the line says; the reply goes
 * out as a line of JSON. Its one argument says the limits. Imports nothing of other projects but types, so that it also runs from source.
 */
const limits = JSON.parse(process.argv[2] ?? '') as ReadingLimits;

type Header = Omit<DocumentFile, 'bytes'> & { readonly byteCount: number };

if (import.meta.url.endsWith('.ts')) {
  registerHooks({
    resolve: (specifier, context, next) => {
      const ours = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
      return next(ours ? specifier.replace(/\.js$/, '.ts') : specifier, context);
    },
  });
}
const { readDocument } = await import('./reading/read-document.js');
const { DocumentProblem, unreadable } = await import('./reading/problem.js');

async function replyTo(file: DocumentFile): Promise<DocumentReply> {
  try {
    return { kind: 'read', ...(await readDocument(file, limits)) };
  } catch (error) {
    const { code, message: sentence } = error instanceof DocumentProblem ? error : unreadable('cannot be read.', error);
    return { kind: 'refused', code, sentence };
  }
}

/** Reads calls from the standard input, one after the other. */
async function* calls(): AsyncIterable<DocumentFile> {
  let chunks: Buffer[] = [];
  let header: Header | undefined;
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (header === undefined) {
      const bytes = Buffer.concat(chunks);
      const end = bytes.indexOf('\n');
      if (end < 0) continue;
      header = JSON.parse(bytes.toString('utf8', 0, end)) as Header;
      chunks = [bytes.subarray(end + 1)];
      length -= end + 1;
    }
    if (length < header.byteCount) continue;
    const { fileName, mediaType } = header;
    // A copy: parsers may detach what they are given.
    yield { fileName, mediaType, bytes: new Uint8Array(Buffer.concat(chunks)) };
    [chunks, header, length] = [[], undefined, 0];
  }
}

const say = (line: unknown) =>
  new Promise<void>((done) => process.stdout.write(`${JSON.stringify(line)}\n`, () => done()));

await say('ready');
for await (const file of calls()) {
  await say(await replyTo(file));
  await say('ready');
}
