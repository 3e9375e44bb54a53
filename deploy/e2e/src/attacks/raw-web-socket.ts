import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Answer } from './attack.js';
import { answersIn } from './send.js';

/** What about a frame is not as it should be. */
export interface Oddity {
  /** 1 is text. */
  readonly opcode?: number;
  readonly isLast?: boolean;
  /** The three reserved bits, the first of which says "compressed". */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** Said instead of the true length. */
  readonly length?: bigint;
}

/** A frame as a client sends it. */
export function frame(payload: string | Buffer = '', odd: Oddity = {}): Buffer {
  const { opcode = 1, isLast = true, reserved = 0, masked = true } = odd;
  const body = Buffer.from(payload);
  const length = odd.length ?? BigInt(body.length);
  const size = length < 126n ? 0 : length < 65_536n ? 2 : 8;
  const head = Buffer.alloc(2 + size);
  head[0] = (isLast ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (size === 0 ? Number(length) : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(Number(length), 2);
  if (size === 8) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** A WebSocket of which every byte can be wrong. */
export class RawWebSocket {
  /** Texts that came. */
  readonly messages: string[] = [];
  /** With which it was closed; 1006 where nothing was said. */
  closeCode: number | undefined;
  private handshake: string | undefined;
  private bytes = Buffer.alloc(0);
  private wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (data) => this.take(data));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.closeCode ??= 1006;
      this.wake();
    });
  }

  /** Asks to open one by these lines and waits until it is open or refused. */
  static async open(port: number, lines: readonly string[]): Promise<RawWebSocket> {
    const socket = connect(port, '127.0.0.1');
    const opened = new RawWebSocket(socket);
    await once(socket, 'connect');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    await opened.until(() => opened.handshake !== undefined || opened.refusal !== undefined, 5000);
    return opened;
  }

  get isOpen(): boolean {
    return this.handshake !== undefined && this.closeCode === undefined;
  }

  write(...frames: readonly Buffer[]): void {
    for (const one of frames) this.socket.write(one);
  }

  say(...messages: readonly unknown[]): void {
    this.write(...messages.map((one) => frame(typeof one === 'string' ? one : JSON.stringify(one))));
  }

  /** Whether something became true before the time was over, or the connection. */
  async until(isTrue: () => boolean, milliseconds: number): Promise<boolean> {
    const ends = Date.now() + milliseconds;
    while (!isTrue() && this.closeCode === undefined && Date.now() < ends) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, 50);
      });
    }
    return isTrue();
  }

  /** What came of it, as if it were an answer; it is over then. The close code is the header `close-code`. */
  end(): Answer {
    const text = this.messages.join('\n');
    const code = this.closeCode;
    this.closeCode ??= 1005;
    this.socket.destroy();
    if (this.handshake === undefined) return this.refusal ?? { status: 0, headers: {}, text: '' };
    const denied = code === 4401 ? 401 : code === 4403 || text.includes('"permission_denied"') ? 403 : 101;
    const [opened] = answersIn(`${this.handshake}\r\n\r\n`);
    return { status: denied, headers: { ...opened?.headers, ...(code && { 'close-code': String(code) }) }, text };
  }

  /** What the server answered instead of opening it, once it is whole. */
  private get refusal(): Answer | undefined {
    const [answer] = answersIn(this.bytes.toString('latin1'));
    return answer && answer.text.length >= Number(answer.headers['content-length'] ?? 0) ? answer : undefined;
  }

  private take(data: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, data]);
    if (this.handshake === undefined) this.readHandshake();
    if (this.handshake !== undefined) while (this.readFrame());
    this.wake();
  }

  private readHandshake(): void {
    const end = this.bytes.indexOf('\r\n\r\n');
    if (end < 0 || !this.bytes.toString('latin1').startsWith('HTTP/1.1 101')) return;
    this.handshake = this.bytes.subarray(0, end).toString('latin1');
    this.bytes = this.bytes.subarray(end + 4);
  }

  private readFrame(): boolean {
    const [first = 0, second = 0] = this.bytes;
    const size = second === 126 ? 2 : second === 127 ? 8 : 0;
    if (this.bytes.length < 2 + size) return false;
    const length =
      size === 0 ? second : size === 2 ? this.bytes.readUInt16BE(2) : Number(this.bytes.readBigUInt64BE(2));
    if (this.bytes.length < 2 + size + length) return false;
    const payload = this.bytes.subarray(2 + size, 2 + size + length);
    this.bytes = this.bytes.subarray(2 + size + length);
    const opcode = first & 15;
    if (opcode === 1) this.messages.push(payload.toString());
    if (opcode === 8) this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    return true;
  }
}
