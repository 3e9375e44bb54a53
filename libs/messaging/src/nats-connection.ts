import { setTimeout as wait } from 'node:timers/promises';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import type { BusLog } from './bus-log.js';

/** How often an absent server is tried. */
const retryMs = 500;
/** Every so many failed first attempts the log says so again. */
const complainEvery = 20;

/**
 * Reads addresses as people write them: `nats://user:password@host:4222,nats://other:4222`, `nats://token@host` or `tls://host`.
 * Credentials of the first address that has any serve all of them.
 */
export function readNatsUrl(url: string): Pick<NodeConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'> {
  const addresses = url
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
    .map((each) => new URL(each.includes('://') ? each : `nats://${each}`));
  const named = addresses.find((each) => each.username !== '');
  return {
    servers: addresses.map((each) => `${each.hostname}:${each.port || '4222'}`),
    ...(addresses.some((each) => each.protocol === 'tls:') ? { tls: {} } : {}),
    ...(named ? credentials(named) : {}),
  };
}

function credentials(address: URL): Pick<NodeConnectionOptions, 'user' | 'pass' | 'token'> {
  const name = decodeURIComponent(address.username);
  return address.password === '' ? { token: name } : { user: name, pass: decodeURIComponent(address.password) };
}

/** What is shown to the server, and the authority that its certificate must come from. All PEM. */
export interface NatsTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Connects, however long the server takes to appear. From then on the connection comes back by itself, for ever. */
export async function connectToNats(url: string, name: string, log: BusLog, tls?: NatsTls): Promise<NatsConnection> {
  const options: NodeConnectionOptions = {
    ...readNatsUrl(url),
    ...(tls && { tls }),
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    // A server that is being set up may refuse us for a while; giving up would need a restart by hand.
    ignoreAuthErrorAbort: true,
    // Traces of the caller cost more than the request they explain.
    noAsyncTraces: true,
    pingInterval: 10_000,
    maxPingOut: 2,
  };
  for (let failures = 0; ; failures++) {
    try {
      return await connect(options);
    } catch (error) {
      const facts = { err: error, servers: options.servers };
      if (failures % complainEvery === 0) log.warn(facts, 'NATS cannot be reached; trying again until it can.');
      await wait(retryMs);
    }
  }
}

/** Follows the state of a connection until it is closed for good. */
export async function followConnection(
  connection: NatsConnection,
  log: BusLog,
  changed: (connected: boolean) => void,
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect' || status.type === 'close') {
      changed(false);
      if (!connection.isClosed()) log.warn({}, 'The connection to NATS is lost; it is being made again.');
    }
    if (status.type === 'reconnect') {
      log.info({ server: status.server }, 'The connection to NATS is back.');
      changed(true);
    }
    if (status.type === 'error') log.warn({ err: status.error }, 'NATS reported an error.');
  }
}
