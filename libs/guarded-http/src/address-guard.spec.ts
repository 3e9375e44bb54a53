import type { LookupAddress } from 'node:dns';
import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { AddressGuard } from './address-guard.js';

const isBlocked = (error: unknown) => error instanceof FailureError && error.failure.code === 'address_blocked';

const lookUp = (guard: AddressGuard, host: string) =>
  new Promise<LookupAddress[]>((resolve, reject) => {
    guard.lookup(host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses as LookupAddress[]);
    });
  });

const guardWith = (addresses: string[], allow: string[] = []) =>
  new AddressGuard(allow, (_host, done) =>
    done(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
  ); // biome-ignore format: the resolver is one thought

describe('AddressGuard', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:8.8.8.8]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::1]',
    '[2002:7f00:1::]',
    '[2001:0:1::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
  ])('refuses %s, written in the address or found by name', async (host) => {
    const guard = guardWith([host.replace(/[[\]]/g, '')]);
    expect(() => guard.checkHost(host)).toThrow(/TREADLE_HTTP_ALLOW/);
    await expect(lookUp(guard, 'innocent.example')).rejects.toSatisfy(isBlocked);
  });

  it.each(['8.8.8.8', '172.32.0.1', '192.167.1.1', '[2606:4700::1111]', 'name.example'])('lets %s pass', (host) => {
    expect(() => new AddressGuard().checkHost(host)).not.toThrow();
  });

  it('knows the spellings that the URL parser makes plain', () => {
    for (const url of [
      'http://2130706433/',
      'http://0x7f.1/',
      'http://0177.0.0.1/',
      'http://127.1/',
      'http://①②⑦.0.0.1/',
    ]) {
      expect(() => new AddressGuard().checkHost(new URL(url).hostname)).toThrow(FailureError);
    }
  });

  it('gives the socket all the addresses it checked', async () => {
    const addresses = await lookUp(guardWith(['8.8.8.8', '2606:4700::1111']), 'public.example');
    expect(addresses.map(({ address }) => address)).toEqual(['8.8.8.8', '2606:4700::1111']);
  });

  it('refuses a name that leads inside with one of its addresses', async () => {
    await expect(lookUp(guardWith(['8.8.8.8', '10.0.0.1']), 'mixed.example')).rejects.toSatisfy(isBlocked);
  });

  it('makes exceptions for addresses, networks and host names', async () => {
    const allow = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8', 'Internal.example'];
    const guard = new AddressGuard(allow);
    for (const host of ['127.0.0.1', '10.9.9.9', '[fd00::5]']) expect(() => guard.checkHost(host)).not.toThrow();
    for (const host of ['127.0.0.2', '192.168.0.1', '[fc00::1]'])
      expect(() => guard.checkHost(host)).toThrow(FailureError);
    expect(await lookUp(guardWith(['192.168.0.9'], allow), 'internal.example')).toHaveLength(1);
    await expect(lookUp(guardWith(['192.168.0.9'], allow), 'other.internal.example')).rejects.toSatisfy(isBlocked);
  });

  it('refuses an exception that it cannot read', () => {
    expect(() => new AddressGuard(['not/a/network'])).toThrow(/not\/a\/network/);
    expect(() => new AddressGuard(['10.0.0.0/99'])).toThrow(/TREADLE_HTTP_ALLOW/);
  });

  it('passes on that a name cannot be resolved', async () => {
    const guard = new AddressGuard([], (_host, done) => done(new Error('ENOTFOUND'), []));
    await expect(lookUp(guard, 'nowhere.example')).rejects.toThrow('ENOTFOUND');
  });
});
