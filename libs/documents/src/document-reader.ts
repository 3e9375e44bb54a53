import { FailureError } from '@treadle/failure';
import { GuestPool, nodeCommand, ProcessGuest, programBeside } from '@treadle/guests';
import { z } from 'zod';
import type { DocumentFile, DocumentReply, DocumentText, ReadingLimits } from './document-call.js';

export interface DocumentReaderOptions {
  /** The most documents read at a time, each in a process of its own. */
  readonly processes: number;
  /** How long one document may take. */
  readonly timeoutSeconds: number;
  /** What one document may take, beside its process. */
  readonly memoryBytes: number;
  /** The largest file that is looked at. */
  readonly mostBytes: number;
  /** Of a PDF. */
  readonly mostPages: number;
}

/** What the parts of a packed file may come to, and how long a text may get. */
const mostUnpackedBytes = 256 * 1024 * 1024;
const mostCharacters = 20_000_000;
/** Node and the parsers, before they have read anything. */
const processBytes = 128 * 1024 * 1024;
/** A process that nobody needs should hold no memory. */
const idleMs = 60_000;

const replySchema: z.ZodType<DocumentReply> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('read'),
    text: z.string(),
    format: z.enum(['csv', 'docx', 'epub', 'html', 'markdown', 'pdf', 'pptx', 'sheet', 'text']),
  }),
  z.object({
    kind: z.literal('refused'),
    code: z.enum(['document_too_large', 'document_unreadable', 'document_unsupported']),
    sentence: z.string().max(1000),
  }),
]);

/**
 * Reads the text out of files, in processes that may do nothing else, with caps on time and memory kept from outside. Whatever a file
 * does to its process, others are read all the same.
 */
export class DocumentReader {
  private readonly pool: GuestPool<DocumentFile, DocumentReply>;

  constructor(private readonly options: DocumentReaderOptions) {
    this.pool = new GuestPool<DocumentFile, DocumentReply>({
      size: options.processes,
      start: () => startProcess(options),
      watchdogMs: options.timeoutSeconds * 1000,
      late: { kind: 'exceeded', limit: 'time' },
      isSpent: ({ kind }) => kind === 'exceeded',
      callsOfGuest: 100,
      oneOwner: true,
      idleMs,
    });
  }

  /**
   * The text of a file. The owner's documents are read by processes that read nobody else's. The signal ends it.
   * @throws FailureError `document_too_large` (bytes, pages, text, or more time or memory than allowed), `document_unreadable` (empty,
   *   damaged, with a password), `document_unsupported`, or the signal's reason.
   */
  async read(owner: string, file: DocumentFile, signal: AbortSignal): Promise<DocumentText> {
    const { mostBytes } = this.options;
    if (file.bytes.byteLength > mostBytes)
      throw this.tooLarge(file, `has more than ${mostBytes} bytes. Send it in parts.`);
    const reply = await this.pool.run(owner, file, signal).catch((cause: unknown) => {
      if (signal.aborted || cause instanceof FailureError) throw cause;
      throw FailureError.of(
        'document_unreadable',
        sentence(file, 'made its reader stop. Save it again and retry.'),
        {},
        { cause },
      );
    });
    switch (reply.kind) {
      case 'read':
        return { text: reply.text, format: reply.format };
      case 'refused':
        throw FailureError.of(reply.code, sentence(file, reply.sentence));
      case 'exceeded':
        throw this.exceeded(file, reply.limit);
    }
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    await this.pool.close();
  }

  private exceeded(file: DocumentFile, limit: 'time' | 'memory'): FailureError {
    const { timeoutSeconds, memoryBytes } = this.options;
    const most = limit === 'time' ? `${timeoutSeconds} s` : `${Math.round(memoryBytes / 1024 / 1024)} MiB of memory`;
    return this.tooLarge(file, `was not read within ${most}. Send it in parts, or simpler.`);
  }

  private tooLarge(file: DocumentFile, what: string): FailureError {
    return FailureError.of('document_too_large', sentence(file, what));
  }
}

function startProcess({ memoryBytes, mostPages }: DocumentReaderOptions) {
  const limits: ReadingLimits = { mostPages, mostUnpackedBytes, mostCharacters };
  const heapMb = Math.round(memoryBytes / 1024 / 1024);
  return ProcessGuest.start<DocumentFile, DocumentReply>({
    command: nodeCommand(programBeside(import.meta.url, 'document.process'), { argument: limits, heapMb }),
    write: ({ bytes, fileName, mediaType }) => [
      `${JSON.stringify({ fileName, mediaType, byteCount: bytes.byteLength })}\n`,
      bytes,
    ],
    parse: (line) => replySchema.parse(JSON.parse(line)),
    longestLine: 6 * mostCharacters,
    mostBytes: processBytes + memoryBytes,
    tookTooMuch: { kind: 'exceeded', limit: 'memory' },
  }).catch((cause: unknown) => {
    const message = 'The process that reads documents could not be started. The log of the executor says why.';
    throw FailureError.of('unavailable', message, {}, { cause });
  });
}

const sentence = ({ fileName }: DocumentFile, what: string) => `The file "${fileName.slice(0, 200)}" ${what}`;
