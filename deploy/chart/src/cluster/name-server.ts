import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Answers questions for addresses (type A) as the name server of a cluster does. */
export interface NameServer {
  readonly port: number;
  close(): void;
}

const typeA = 1;
const noSuchName = 3;

/** @param addressesOf the addresses of a name now; undefined where there is no such name. @param at where it listens; a free port by default */
export async function startNameServer(
  addressesOf: (name: string) => readonly string[] | undefined,
  at: { readonly host: string; readonly port: number } = { host: '127.0.0.1', port: 0 },
): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => socket.send(answerTo(question, addressesOf), port, address));
  socket.bind(at.port, at.host);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}

function answerTo(question: Buffer, addressesOf: (name: string) => readonly string[] | undefined): Buffer {
  const { name, end } = readName(question);
  const isAddress = question.readUInt16BE(end) === typeA;
  const known = addressesOf(name);
  const addresses = isAddress ? (known ?? []) : [];
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (known ? 0 : noSuchName), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([head, question.subarray(12, end + 4), ...addresses.map(record)]);
}

/** The name asked for, and where it ends: labels, each behind its length, up to an empty one. */
function readName(question: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** One address, kept for no time, for the name that was asked for. */
function record(address: string): Buffer {
  const head = [0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4];
  return Buffer.from([...head, ...address.split('.').map(Number)]);
}
