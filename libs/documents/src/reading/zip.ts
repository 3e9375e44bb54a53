import { crc32, inflateRawSync } from 'node:zlib';
import { tooLarge, unreadable } from './problem.js';

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly headerAt: number;
}

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endOfDirectory = 0x06054b50;
const mostEntries = 20_000;

/**
 * A packed file whose parts are unpacked one by one, all together up to a number of bytes. What the file says of its own sizes is not
 * believed: unpacking stops at the limit.
 */
export class Zip {
  readonly #bytes: Buffer;
  readonly #entries: ReadonlyMap<string, Entry>;
  #bytesLeft: number;

  /** @throws DocumentProblem where the directory of the file cannot be read. */
  constructor(bytes: Uint8Array, mostBytes: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytesLeft = mostBytes;
    this.#entries = new Map(readDirectory(this.#bytes).map((entry) => [entry.name, entry]));
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The unpacked part; `undefined` when there is none of that name. */
  read(name: string): Buffer | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const content = this.#unpack(entry);
    this.#bytesLeft -= content.byteLength;
    if (this.#bytesLeft < 0) throw unpacksTooFar();
    return content;
  }

  /** The same for text. */
  text(name: string): string | undefined {
    return this.read(name)?.toString('utf8');
  }

  /** The wanted parts in a file of the same kind that is not packed, for parsers that would unpack without a limit. */
  unpacked(isWanted: (name: string) => boolean): Buffer {
    return storedZip(this.names.filter(isWanted).map((name) => [name, this.read(name) ?? Buffer.alloc(0)] as const));
  }

  #unpack({ method, packedBytes, headerAt }: Entry): Buffer {
    const header = this.#bytes.subarray(headerAt, headerAt + 30);
    if (header.length < 30 || header.readUInt32LE(0) !== localHeader) throw broken();
    const from = headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = this.#bytes.subarray(from, from + packedBytes);
    if (packed.length < packedBytes) throw broken();
    if (method === 0) return packed;
    if (method !== 8)
      throw unreadable('is packed in a way that is not known here. Save it again with another program.');
    return inflate(packed, this.#bytesLeft);
  }
}

function inflate(packed: Buffer, mostBytes: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, mostBytes) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw unpacksTooFar();
    throw broken();
  }
}

function readDirectory(bytes: Buffer): Entry[] {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > bytes.length || bytes.readUInt32LE(end) !== endOfDirectory) throw broken();
  const count = bytes.readUInt16LE(end + 10);
  if (count > mostEntries) throw tooLarge(`has more than ${mostEntries} parts inside. Send a smaller file.`);
  const entries: Entry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== centralHeader) throw broken();
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    entries.push({
      name: bytes.toString('utf8', at + 46, nameEnd),
      method: bytes.readUInt16LE(at + 10),
      packedBytes: bytes.readUInt32LE(at + 20),
      headerAt: bytes.readUInt32LE(at + 42),
    });
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

/** A packed file in which nothing is packed. */
export function storedZip(parts: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, content] of parts) {
    const nameBytes = Buffer.from(name);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(localHeader, 0);
    header.writeUInt16LE(20, 4);
    header.writeUInt32LE(crc32(content), 14);
    header.writeUInt32LE(content.length, 18);
    header.writeUInt32LE(content.length, 22);
    header.writeUInt16LE(nameBytes.length, 26);
    const listed = Buffer.alloc(46);
    listed.writeUInt32LE(centralHeader, 0);
    listed.writeUInt16LE(20, 4);
    header.copy(listed, 6, 4, 30);
    listed.writeUInt32LE(at, 42);
    local.push(header, nameBytes, content);
    central.push(listed, nameBytes);
    at += 30 + nameBytes.length + content.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(endOfDirectory, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, directory, end]);
}

const broken = () => unreadable('is damaged or cut off. Open it, save it again and retry.');
const unpacksTooFar = () => tooLarge('unpacks to more than is allowed. Send a smaller file.');
