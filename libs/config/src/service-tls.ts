import { FailureError } from '@treadle/failure';
import { defineConfig, type Environment } from './define-config.js';
import { secret, string } from './settings.js';

/** How services know each other: a certificate for each, all of one authority. The same settings in every service, read beside its own. */
export const serviceTlsConfig = defineConfig({
  ca: string({
    env: 'TREADLE_SERVICE_TLS_CA',
    default: '',
    unit: 'PEM',
    meaning:
      'Certificate of the authority whose certificates other services and NATS must show: calls between services are encrypted then, and both sides known. All services or none.',
  }),
  certificate: string({
    env: 'TREADLE_SERVICE_TLS_CERTIFICATE',
    default: '',
    unit: 'PEM',
    meaning: 'Certificate that this service shows to others, good for servers and clients.',
  }),
  key: secret({
    env: 'TREADLE_SERVICE_TLS_KEY',
    optional: true,
    meaning: 'Key of that certificate (PEM).',
  }),
});

/** What a service shows to others, and whose certificates it takes. All PEM. */
export interface ServiceTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * `undefined` where services talk in the open.
 * @throws FailureError `invalid_argument` where only some of the settings are there.
 */
export function readServiceTls(environment: Environment = process.env): ServiceTls | undefined {
  const { ca, certificate: cert, key } = serviceTlsConfig.read(environment);
  if (ca === '' && cert === '' && key === undefined) return undefined;
  if (ca === '' || cert === '' || key === undefined)
    throw FailureError.of(
      'invalid_argument',
      'TREADLE_SERVICE_TLS_CA, TREADLE_SERVICE_TLS_CERTIFICATE and TREADLE_SERVICE_TLS_KEY go together: set all of them, or none.',
    );
  return { ca, cert, key: key.reveal() };
}
