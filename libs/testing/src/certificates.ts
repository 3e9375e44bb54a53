import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate with its key, in PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of a spec's own. */
export interface TestAuthority {
  /** Its own certificate, in PEM. */
  readonly ca: string;
  /** A certificate for this machine by address and name, good for servers and clients. */
  issue(name?: string): Promise<IssuedCertificate>;
  close(): Promise<void>;
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority with the machine's openssl. Two of them do not trust each other. */
export async function testAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'treadle-certificates-'));
  const path = (name: string) => join(folder, name);
  const out = (name: string) => ['-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)];
  await run('openssl', ['req', '-x509', ...curve, '-subj', '/CN=specs', '-days', '2', ...out('ca')]);
  const extensions = 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n';
  await writeFile(path('extensions'), extensions);
  let made = 0;
  const issue = async (name = 'service') => {
    const file = `issued-${++made}`;
    await run('openssl', ['req', '-new', ...curve, '-subj', `/CN=${name}`, ...out(file)]);
    const request = path(`${file}.pem`);
    const authority = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2'];
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      request,
      ...authority,
      '-extfile',
      path('extensions'),
      '-out',
      path(`${file}.crt`),
    ]);
    return { cert: await readFile(path(`${file}.crt`), 'utf8'), key: await readFile(path(`${file}.key`), 'utf8') };
  };
  return {
    ca: await readFile(path('ca.pem'), 'utf8'),
    issue,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
