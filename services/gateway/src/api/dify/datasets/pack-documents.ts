import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { DocumentFile } from './document-files.js';

/**
 * Files packed into one, as a stream: one is read at a time, when its turn comes. Names that appear twice are numbered. A file that cannot be
 * read to its end breaks the stream, so that nobody takes what came for the whole.
 */
export function packDocuments(files: readonly DocumentFile[]): Readable {
  const zip = new ZipFile();
  const packed = Readable.from(zip.outputStream);
  const taken = new Set<string>();
  for (const file of files) {
    const name = freeName(safeName(file.name), taken);
    zip.addReadStreamLazy(name, (done) => {
      file.open().then(
        (content) =>
          done(
            null,
            Readable.from(content).on('error', (error) => packed.destroy(error)),
          ),
        (error: Error) => packed.destroy(error),
      );
    });
  }
  zip.end();
  return packed;
}

/** A name and no path, whatever the file was called. */
function safeName(name: string): string {
  const plain = name.replaceAll(/[/\\:\p{Cc}]/gu, '_').replace(/^\.+/, '_');
  return plain === '' ? 'document' : plain;
}

function freeName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${stem} (${count})${ending}`;
  taken.add(free);
  return free;
}
