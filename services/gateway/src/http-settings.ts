import { FailureError } from '@treadle/failure';
import type { AdmissionOptions } from './domain/admission/admission.js';
import type { GatewayConfig } from './gateway.config.js';

/** What the HTTP server takes, from whom, and how long it waits for it. */
export interface HttpSettings {
  /** Addresses and networks; empty believes nobody. */
  readonly trustedProxies: readonly string[];
  /** Origins such as `https://app.example.com`, or `*`. */
  readonly corsOrigins: readonly string[];
  /** Absent where TLS ends elsewhere. */
  readonly tls: CertificatePaths | undefined;
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly uploadTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly maxConnections: number;
  readonly admission: AdmissionOptions;
}

/** Where the certificate and its key are, in PEM. */
interface CertificatePaths {
  readonly certificatePath: string;
  readonly keyPath: string;
  /** How often the files are looked at, in milliseconds. */
  readonly lookEveryMs: number;
}

/** Certificates are renewed days before their end. */
const lookEveryMs = 5000;

/** @throws FailureError `invalid_argument` for a certificate without a key, and the other way round. */
export function httpSettings(config: GatewayConfig): HttpSettings {
  const { tlsCertificatePath: certificatePath, tlsKeyPath: keyPath } = config;
  if ((certificatePath === '') !== (keyPath === ''))
    throw FailureError.of(
      'invalid_argument',
      'TREADLE_TLS_CERTIFICATE_PATH and TREADLE_TLS_KEY_PATH go together: set both, or none of them.',
    );
  return {
    trustedProxies: config.trustedProxies,
    corsOrigins: config.corsOrigins,
    tls: certificatePath === '' ? undefined : { certificatePath, keyPath, lookEveryMs },
    maxHeaderBytes: config.maxHeaderBytes,
    maxHeaders: config.maxHeaders,
    headerTimeoutMs: config.headerTimeoutSeconds * 1000,
    bodyTimeoutMs: config.bodyTimeoutSeconds * 1000,
    uploadTimeoutMs: config.uploadTimeoutSeconds * 1000,
    keepAliveMs: config.keepAliveSeconds * 1000,
    maxConnections: config.maxConnections,
    admission: admissionOptions(config),
  };
}

const fewestAtATime = 4;
const atFirst = 32;
/** A request that takes no longer is quick, whatever is usual. */
const quickMs = 5;

function admissionOptions(config: GatewayConfig): AdmissionOptions {
  const { maxConcurrency: max } = config;
  return {
    min: Math.min(fewestAtATime, max),
    max,
    initial: Math.min(atFirst, max),
    tolerance: config.admissionTolerance,
    floorMs: quickMs,
    maxWaiting: config.admissionQueue,
    maxWaitMs: config.admissionWaitMs,
  };
}
