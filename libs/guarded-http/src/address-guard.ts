import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { FailureError } from '@treadle/failure';

type Family = 'ipv4' | 'ipv6';

/** Networks that a workflow has no business in: this machine, its neighbours, metadata services, and forms that hide an IPv4 address. */
const refusedNetworks: readonly (readonly [network: string, prefix: number, family: Family])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  // What a cloud tells its machines at an address that looks public.
  ['168.63.129.16', 32, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 96, 'ipv6'],
  ['::ffff:0:0', 96, 'ipv6'],
  ['::ffff:0:0:0', 96, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
  ['5f00::', 16, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

/** Resolves a name into all its addresses. */
export type Resolve = (host: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

const resolveBySystem: Resolve = (host, done) => systemLookup(host, { all: true }, done);

/** How a refusal says who was refused, and by what an operator makes exceptions. */
export interface GuardWords {
  readonly who: string;
  readonly setting: string;
}

const ofWorkflows: GuardWords = { who: 'workflows', setting: 'TREADLE_HTTP_ALLOW' };

/**
 * Decides which addresses a workflow's requests may reach. `allow` holds exceptions: addresses, networks (`10.0.0.0/8`) and
 * host names (exact).
 * @throws FailureError `invalid_argument` for an entry that is none of them.
 */
export class AddressGuard {
  /** One list per family: a common one finds every IPv4 address in the IPv6 network of mapped addresses. */
  readonly #refused = { ipv4: new BlockList(), ipv6: new BlockList() };
  readonly #allowed = new BlockList();
  readonly #allowedHosts = new Set<string>();

  constructor(
    allow: readonly string[] = [],
    private readonly resolve: Resolve = resolveBySystem,
    private readonly words: GuardWords = ofWorkflows,
  ) {
    for (const [network, prefix, family] of refusedNetworks) this.#refused[family].addSubnet(network, prefix, family);
    for (const entry of allow) this.#allow(entry);
  }

  /** Checks an address written in the URL itself; names are checked when they are resolved. */
  checkHost(hostname: string): void {
    const address = hostname.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0) this.#check(hostname, address);
  }

  /** For sockets: resolves once, refuses when any address is refused, and gives the socket exactly what was checked. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    this.resolve(hostname, (error, addresses) => {
      try {
        if (error) throw error;
        const checked = this.#checked(hostname, addresses);
        const [first] = checked;
        if (first === undefined) throw new Error(`${hostname} has no address`);
        if (options.all) done(null, checked);
        else done(null, first.address, first.family);
      } catch (refusal) {
        done(refusal as Error, []);
      }
    });
  };

  #checked(hostname: string, addresses: readonly LookupAddress[]): LookupAddress[] {
    if (!this.#allowedHosts.has(hostname.toLowerCase())) {
      for (const { address } of addresses) this.#check(hostname, address);
    }
    return [...addresses];
  }

  #check(hostname: string, address: string): void {
    const family: Family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (!this.#refused[family].check(address, family) || this.#allowed.check(address, family)) return;
    const { who, setting } = this.words;
    throw FailureError.of(
      'address_blocked',
      `${hostname} leads to ${address}, an address inside the platform's network, which ${who} may not reach. Use a public address, or have the operator add it to ${setting}.`,
    );
  }

  #allow(entry: string): void {
    const [network = '', prefix] = entry.split('/');
    const version = isIP(network);
    const family: Family = version === 6 ? 'ipv6' : 'ipv4';
    if (version === 0 && prefix !== undefined) throw this.#notAnException(entry);
    if (version === 0) this.#allowedHosts.add(entry.toLowerCase());
    else if (prefix === undefined) this.#allowed.addAddress(network, family);
    else this.#allowNetwork(entry, network, Number(prefix), family);
  }

  #allowNetwork(entry: string, network: string, prefix: number, family: Family): void {
    try {
      this.#allowed.addSubnet(network, prefix, family);
    } catch {
      throw this.#notAnException(entry);
    }
  }

  #notAnException(entry: string): FailureError {
    const message = `${this.words.setting}: "${entry}" is not an address, a network or a host name.`;
    return FailureError.of('invalid_argument', message);
  }
}
