// Asks the process of this container whether it may be given work: ends with 0 or 1, and says why not.
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';

const { TREADLE_HEALTH_PORT, TREADLE_HTTP_PORT, TREADLE_TLS_CERTIFICATE_PATH, TREADLE_SERVICE } = process.env;
const isPublic = TREADLE_SERVICE === 'gateway' || TREADLE_SERVICE === 'standalone';
const port = Number(isPublic ? (TREADLE_HTTP_PORT ?? 8080) : (TREADLE_HEALTH_PORT ?? 8081));
const isSecure = isPublic && Boolean(TREADLE_TLS_CERTIFICATE_PATH);
// The certificate is for the name that clients use, not for this address.
const options = { host: '127.0.0.1', port, path: '/health/ready', timeout: 4000, rejectUnauthorized: false };

const asked = (isSecure ? secure : plain)(options, (answer) => {
  let text = '';
  answer.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  answer.on('end', () => end(answer.statusCode === 200 ? 0 : 1, text));
});
asked.on('timeout', () => asked.destroy(new Error('no answer within 4 s')));
asked.on('error', (error) => end(1, `${error.message} on port ${port}`));
asked.end();

function end(code, text) {
  process.stdout.write(`${text}\n`, () => process.exit(code));
}
