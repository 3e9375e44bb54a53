import { deflateRawSync } from 'node:zlib';
import { type Attack, both, type Verdict } from './attack.js';
import { frame, type Oddity } from './raw-web-socket.js';
import { closedWith, comeIn, init, talk } from './web-socket-talk.js';

const bytes = (...values: readonly number[]) => Buffer.from(values);
const text = JSON.stringify(init('nobody'));
const one = (name: string, payload: string | Buffer, odd: Oddity, ...codes: readonly number[]): Attack =>
  talk(name, (socket) => socket.write(frame(payload, odd)), closedWith(...codes));
const parts = (name: string, frames: readonly Buffer[], ...codes: readonly number[]): Attack =>
  talk(name, (socket) => socket.write(Buffer.concat(frames)), closedWith(...codes));

const headers: readonly Attack[] = [
  one('a frame without a mask', text, { masked: false }, 1002),
  ...[4, 2, 1, 7].map((reserved) => one(`reserved bits ${reserved}`, text, { reserved }, 1002)),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => one(`opcode ${opcode}`, text, { opcode }, 1002)),
  one('a ping in parts', 'x', { opcode: 9, isLast: false }, 1002),
  one('a close in parts', bytes(3, 232), { opcode: 8, isLast: false }, 1002),
  one('a ping of 126 bytes', 'x'.repeat(126), { opcode: 9 }, 1002),
  one('a continuation of nothing', text, { opcode: 0 }, 1002),
  one('bytes instead of text', bytes(0, 255, 1, 254), { opcode: 2 }, 4400),
  parts('a new text among the parts of another', [frame('{', { isLast: false }), frame(text)], 1002),
  parts('a request by HTTP inside', [Buffer.from('GET /api/v1/runs HTTP/1.1\r\nHost: x\r\n\r\n')], ...[1002, 1006]),
];

const closes: readonly Attack[] = [
  one('a close of one byte', bytes(3), { opcode: 8 }, 1002),
  one('a close with words that are no text', bytes(3, 232, 255, 254), { opcode: 8 }, 1007),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code) =>
    one(`a close with code ${code}`, bytes(code >> 8, code & 255), { opcode: 8 }, 1002),
  ),
];

const badTexts: Readonly<Record<string, Buffer>> = {
  'an overlong slash': bytes(0x22, 0xc0, 0xaf, 0x22),
  'an overlong NUL': bytes(0x22, 0xc0, 0x80, 0x22),
  'half a surrogate': bytes(0x22, 0xed, 0xa0, 0x80, 0x22),
  'a letter beyond the last': bytes(0x22, 0xf4, 0x90, 0x80, 0x80, 0x22),
  'a letter of five bytes': bytes(0x22, 0xf8, 0x88, 0x80, 0x80, 0x80, 0x22),
  'a letter cut off': bytes(0x22, 0xe2, 0x82),
  'bytes of no letter': bytes(0xff, 0xfe, 0xfd),
};
const encodings: readonly Attack[] = Object.entries(badTexts).flatMap(([name, bad]) => [
  one(`UTF-8 with ${name}`, bad, {}, 1007),
  parts(
    `UTF-8 with ${name}, in parts`,
    [frame(bad.subarray(0, 2), { isLast: false }), frame(bad.subarray(2), { opcode: 0 })],
    1007,
  ),
]);

const kilobyte = 1024;
const many = (count: number, payload: string, isLast = false) => [
  frame('"', { isLast: false }),
  ...Array.from({ length: count }, () => frame(payload, { opcode: 0, isLast: false })),
  ...(isLast ? [frame('"', { opcode: 0 })] : []),
];
const sizes: readonly Attack[] = [
  ...[65n * 1024n, 1n << 20n, 1n << 30n, (1n << 53n) - 1n, 1n << 62n, (1n << 64n) - 1n].map((length) =>
    one(`a frame that says it has ${length} bytes`, 'x', { length }, 1009),
  ),
  one('a text of 65 KiB', 'x'.repeat(65 * kilobyte), {}, 1009),
  // What is still on its way may take the reason with it.
  one('a text of 8 MiB', 'x'.repeat(8192 * kilobyte), {}, 1009, 1006),
  one('bytes of 65 KiB', 'x'.repeat(65 * kilobyte), { opcode: 2 }, 1009),
  parts('65 parts of 1 KiB', many(65, 'x'.repeat(kilobyte)), 1009),
  parts('70,000 parts of a byte', many(70_000, 'x'), 1008, 1009),
  parts('100,000 parts of nothing', many(100_000, ''), 1008, 1009, 4408),
  parts('a text in 60 parts that is no message', many(60, 'x', true), 4400),
  one('half a frame, and nothing more', 'x', { length: 100n }, 4408, 1006),
  talk('half a head, and nothing more', (socket) => socket.write(bytes(0x81)), closedWith(4408, 1006)),
];

const offered = { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' } };
const notAgreed: Attack['judge'] = ({ headers }): Verdict =>
  headers['sec-websocket-extensions'] === undefined ? undefined : 'takes what is compressed';
/** What is small and unpacks into much. */
const bombs: readonly Attack[] = [1, 64].map((megabytes) => {
  const packed = deflateRawSync(Buffer.alloc(megabytes * kilobyte * kilobyte, 0x20)).subarray(0, 60 * kilobyte);
  return talk(
    `${megabytes} MiB, compressed`,
    (socket) => socket.write(frame(packed, { reserved: 4 })),
    both(notAgreed, closedWith(1002)),
    offered,
  );
});

/** The same from somebody who was let in. */
const letIn: readonly Attack[] = [
  ['a frame without a mask', frame('{}', { masked: false }), 1002] as const,
  ['a compressed frame', frame('{}', { reserved: 4 }), 1002] as const,
  ['bad UTF-8', frame(bytes(0xc0, 0xaf)), 1007] as const,
  ['a text of 65 KiB', frame('x'.repeat(65 * kilobyte)), 1009] as const,
  ['bytes', frame(bytes(1, 2), { opcode: 2 }), 4400] as const,
].map(([name, sent, code]) => ({
  name: `${name} from somebody who was let in`,
  send: async (at, id) => {
    const socket = await comeIn(at, id, at.attacker.owner);
    socket.write(sent);
    await socket.until(() => !socket.isOpen, 5000);
    return socket.end();
  },
  judge: closedWith(code),
}));

/** Frames that break the rules of WebSockets, or mean to break the server. */
export const brokenFrames: readonly Attack[] = [...headers, ...closes, ...encodings, ...sizes, ...bombs, ...letIn];
