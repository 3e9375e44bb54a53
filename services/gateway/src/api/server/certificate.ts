import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createSecureContext, type Server as TlsServer } from 'node:tls';
import { FailureError } from '@treadle/failure';
import type { HttpSettings } from '../../http-settings.js';

/** A certificate with its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Where the keeper says what an operator should know. */
interface CertificateLog {
  log(message: string): void;
  warn(message: string): void;
}

/** @throws FailureError `invalid_argument` for files that cannot be read, or that are no certificate with its key. */
export function readCertificate({ certificatePath, keyPath }: NonNullable<HttpSettings['tls']>): Certificate {
  try {
    const certificate = { cert: readFileSync(certificatePath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
    createSecureContext(certificate);
    // A file that is half written may have no key, or that of another certificate.
    if (!new X509Certificate(certificate.cert).checkPrivateKey(createPrivateKey(certificate.key)))
      throw new Error('the key is that of another certificate');
    return certificate;
  } catch (error) {
    const message = `${certificatePath} and ${keyPath} are no certificate with its key: ${(error as Error).message}.`;
    throw FailureError.of('invalid_argument', message, {}, { cause: error });
  }
}

/**
 * Shows new connections the certificate as it is in the files, until the server closes. Files are compared and not watched, because
 * they may be links that are swapped, as in a Kubernetes secret. While they are half written or wrong the last good one stays.
 */
export function keepCertificate(server: Server, paths: NonNullable<HttpSettings['tls']>, log: CertificateLog): void {
  let shown = readCertificate(paths);
  let complained = '';
  const look = () => {
    try {
      const found = readCertificate(paths);
      if (found.cert === shown.cert && found.key === shown.key) return;
      (server as unknown as TlsServer).setSecureContext(found);
      shown = found;
      complained = '';
      log.log('The certificate of the public API was renewed.');
    } catch (error) {
      const { message } = error as Error;
      if (message !== complained) log.warn(`The last good certificate is still shown. ${message}`);
      complained = message;
    }
  };
  const looking = setInterval(look, paths.lookEveryMs).unref();
  server.once('close', () => clearInterval(looking));
}
