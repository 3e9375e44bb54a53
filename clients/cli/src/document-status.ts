import { setTimeout as pause } from 'node:timers/promises';
import { CliError } from './cli-error.js';
import type { CommandContext } from './command-context.js';
import { exitCodes } from './exit-codes.js';

/** A document of a dataset, as the API shows it. */
export interface DatasetDocument {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly error: string | null;
  readonly reindex_error?: string | null;
  readonly characters?: number;
  readonly chunks: number;
  readonly progress?: { readonly chunks_cut: number; readonly chunks_indexed: number };
}

const betweenLooksMs = 500;
const outstanding = ['waiting', 'extracting', 'splitting', 'indexing'];

/** Where a document stands, in a few words: `indexing, 128 of 300 chunks`. */
export function progressOf({ status, progress }: DatasetDocument): string {
  if (!progress || progress.chunks_cut === 0) return status;
  if (status === 'splitting') return `splitting, ${progress.chunks_cut} chunks so far`;
  if (status === 'indexing') return `indexing, ${progress.chunks_indexed} of ${progress.chunks_cut} chunks`;
  return status;
}

/**
 * Waits until a document is indexed, and tells how far it is on the error stream.
 * @throws CliError when it cannot be indexed.
 */
export async function indexedDocument(
  { api, terminal, signal, json }: CommandContext,
  path: string,
): Promise<DatasetDocument> {
  for (let told = ''; ; ) {
    const document = await api.send<DatasetDocument>(path, { signal });
    const progress = progressOf(document);
    if (progress !== told && !json) terminal.err.write(`${progress}\n`);
    told = progress;
    if (document.status === 'error') throw cannotBeIndexed(document);
    if (!outstanding.includes(document.status)) return document;
    await pause(betweenLooksMs, undefined, { signal });
  }
}

function cannotBeIndexed({ name, error }: DatasetDocument): CliError {
  return new CliError(`"${name}" cannot be indexed. ${error ?? ''}`.trim(), exitCodes.runNotCompleted);
}
