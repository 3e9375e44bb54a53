import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { type NatsServer, natsAvailable, startNatsServer, type TestAuthority, testAuthority } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsBus } from '../src/index.js';

describe.skipIf(!natsAvailable())('a nats-server that asks for certificates', () => {
  let ours: TestAuthority;
  let theirs: TestAuthority;
  let folder: string;
  let server: NatsServer;

  beforeAll(async () => {
    [ours, theirs] = await Promise.all([testAuthority(), testAuthority()]);
    folder = await mkdtemp(join(tmpdir(), 'treadle-nats-tls-'));
    const { cert, key } = await ours.issue('nats');
    const path = (name: string) => join(folder, name);
    await writeFile(path('ca.pem'), ours.ca);
    await writeFile(path('cert.pem'), cert);
    await writeFile(path('key.pem'), key);
    const files = ['--tlscacert', path('ca.pem'), '--tlscert', path('cert.pem'), '--tlskey', path('key.pem')];
    server = await startNatsServer({ arguments: ['--tlsverify', ...files] });
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all([ours.close(), theirs.close(), rm(folder, { recursive: true })]);
  });

  it('is reached by a bus that shows one of its authority', async () => {
    const bus = await NatsBus.connect({ url: server.url, name: 'spec', tls: { ca: ours.ca, ...(await ours.issue()) } });
    expect(bus.isReady()).toBe(true);
    await bus.close();
  });

  it('is reached by nobody else, and clients talk to no server of another authority', async () => {
    const own = await ours.issue();
    const foreign = await theirs.issue();
    const reach = (tls: object | undefined) =>
      connect({ servers: server.url.replace('nats://', ''), reconnect: false, ...(tls && { tls }) }).then(
        (connection) => connection.close(),
        () => 'refused',
      );
    expect(await reach({ ca: ours.ca, ...own })).toBeUndefined();
    expect(await reach({ ca: ours.ca, ...foreign })).toBe('refused');
    expect(await reach({ ca: theirs.ca, ...own })).toBe('refused');
    expect(await reach({ ca: ours.ca })).toBe('refused');
    expect(await reach(undefined)).toBe('refused');
  });
});
