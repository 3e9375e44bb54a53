import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js';

/** Certificates of both sides, in PEM: what this side shows, and the authority that the other side's must come from. */
export interface MutualTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Without certificates everybody who reaches the port is let in. */
export function serverCredentials(tls: MutualTls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const shown = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  return ServerCredentials.createSsl(Buffer.from(tls.ca), [shown], true);
}

export function channelCredentials(tls: MutualTls | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  return credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert));
}
