import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns';
import { isIPv4, isIPv6 } from 'node:net';
import type { Resolve } from '../src/index.js';

const typeA = 1;
const typeAaaa = 28;

/** A name server on this machine, asked over the network like any other. */
export class NameServer {
  /** By name, what it answers the first time, the second time and so on; the last answer stays. */
  readonly answers = new Map<string, readonly (readonly string[])[]>();
  private readonly socket: Socket = createSocket('udp4');
  private readonly resolver = new Resolver({ timeout: 2000, tries: 2 });
  private readonly questions: string[] = [];

  async start(): Promise<void> {
    this.socket.on('message', (question, { port, address }) => this.socket.send(this.reply(question), port, address));
    await new Promise<void>((resolve) => this.socket.bind(0, '127.0.0.1', resolve));
    this.resolver.setServers([`127.0.0.1:${this.socket.address().port}`]);
  }

  stop(): void {
    this.socket.close();
  }

  /** How often a name was looked up. */
  asked(name: string): number {
    return this.questions.filter((one) => one === name).length;
  }

  /** What the guard is given: both families, asked anew each time. */
  readonly resolve: Resolve = (host, done) => {
    this.questions.push(host.replace(/\.$/, ''));
    this.resolver.resolve4(host, (_four, four = []) => {
      this.resolver.resolve6(host, (_six, six = []) => {
        const addresses = [
          ...four.map((address) => ({ address, family: 4 })),
          ...six.map((address) => ({ address, family: 6 })),
        ];
        if (addresses.length > 0) done(null, addresses);
        else done(new Error(`getaddrinfo ENOTFOUND ${host}`), []);
      });
    });
  };

  private reply(question: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = question.readUInt16BE(at + 1);
    const end = at + 5;
    const records = this.addressesOf(labels.join('.').toLowerCase(), type).map((data) => {
      const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
      return Buffer.concat([record, data]);
    });
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, question.subarray(12, end), ...records]);
  }

  private addressesOf(name: string, type: number): Buffer[] {
    const answers = this.answers.get(name) ?? [];
    const addresses = answers[Math.min(this.asked(name), answers.length) - 1] ?? [];
    if (type === typeA) return addresses.filter(isIPv4).map((address) => Buffer.from(address.split('.').map(Number)));
    return type === typeAaaa ? addresses.filter(isIPv6).map(bytesOfIpv6) : [];
  }
}

function bytesOfIpv6(address: string): Buffer {
  // The parser of addresses writes embedded IPv4 as groups.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [front = '', back] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(front), groups(back ?? '')];
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}
