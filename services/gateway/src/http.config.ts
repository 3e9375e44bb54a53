import { integer, list, string } from '@treadle/config';

/** What the HTTP server takes, from whom, and how long it waits for it. */
export const httpConfig = {
  trustedProxies: list({
    env: 'TREADLE_TRUSTED_PROXIES',
    default: [],
    item: /^(?:[\da-f.:]+(?:\/\d{1,3})?|loopback|linklocal|uniquelocal)$/i,
    meaning:
      'Reverse proxies whose X-Forwarded-For, -Host and -Proto are believed: addresses, networks such as 10.0.0.0/8, or loopback. Of everybody else they are ignored.',
  }),
  corsOrigins: list({
    env: 'TREADLE_CORS_ORIGINS',
    default: [],
    item: /^(?:\*|https?:\/\/[^/?#@\s*]+)$/i,
    meaning: 'Web pages that may call the API from a browser, such as https://app.example.com; none unless set.',
  }),
  tlsCertificatePath: string({
    env: 'TREADLE_TLS_CERTIFICATE_PATH',
    default: '',
    unit: 'path',
    meaning:
      'File with the certificate of the public API and those above it (PEM); with it the API is served by TLS. Read again when it changes.',
  }),
  tlsKeyPath: string({
    env: 'TREADLE_TLS_KEY_PATH',
    default: '',
    unit: 'path',
    meaning: 'File with the key of that certificate (PEM).',
  }),
  maxHeaderBytes: integer({
    env: 'TREADLE_HTTP_MAX_HEADER_BYTES',
    default: 16_384,
    min: 1024,
    max: 1_048_576,
    unit: 'bytes',
    meaning: 'Largest head of a request; more is answered with 431.',
  }),
  maxHeaders: integer({
    env: 'TREADLE_HTTP_MAX_HEADERS',
    default: 100,
    min: 10,
    max: 1000,
    unit: 'headers',
    meaning: 'Most headers of a request; more is answered with 431.',
  }),
  headerTimeoutSeconds: integer({
    env: 'TREADLE_HTTP_HEADER_TIMEOUT_SECONDS',
    default: 15,
    min: 1,
    max: 600,
    unit: 'seconds',
    meaning: 'How long the head of a request may take to arrive; then 408.',
  }),
  bodyTimeoutSeconds: integer({
    env: 'TREADLE_HTTP_BODY_TIMEOUT_SECONDS',
    default: 30,
    min: 1,
    max: 3600,
    unit: 'seconds',
    meaning: 'How long a body may take to arrive; then 408.',
  }),
  uploadTimeoutSeconds: integer({
    env: 'TREADLE_HTTP_UPLOAD_TIMEOUT_SECONDS',
    default: 600,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    meaning: 'How long a request with files may take to arrive; then 408.',
  }),
  keepAliveSeconds: integer({
    env: 'TREADLE_HTTP_KEEP_ALIVE_SECONDS',
    default: 72,
    min: 1,
    max: 3600,
    unit: 'seconds',
    meaning: 'How long an idle connection is kept; longer than a reverse proxy in front of it keeps one.',
  }),
  maxConnections: integer({
    env: 'TREADLE_HTTP_MAX_CONNECTIONS',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    meaning: 'Most connections at a time; further ones are closed at once.',
  }),
};
