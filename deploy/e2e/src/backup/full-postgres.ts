import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.js';

const debian = '/usr/lib/postgresql';
const nobody = 65534;

/** The folder with a PostgreSQL's server and the programs that dump and restore: `TREADLE_PG_BIN`, or Debian's newest; undefined for none. */
export function findPostgresPrograms(): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  const folders = [process.env['TREADLE_PG_BIN'] ?? '', ...newestFirst];
  return folders.find((folder) =>
    ['initdb', 'postgres', 'pg_dump', 'psql'].every((name) => existsSync(join(folder, name))),
  );
}

/** A PostgreSQL with a port and a password, as clusters have it, whose data can be lost. */
export class FullPostgres {
  private server: ChildProcess | undefined;

  /**
   * @param url what its clients are given: user, password, port and database
   * @param programs the folder of its programs
   * @param folder keeps its data, and is made
   */
  constructor(
    private readonly url: URL,
    private readonly programs: string,
    private readonly folder: string,
  ) {}

  /** On an empty folder it makes the role and the database first. */
  async start(): Promise<void> {
    if (!existsSync(join(this.folder, 'data'))) this.initialise();
    const settings = { listen_addresses: '127.0.0.1', port: this.url.port, unix_socket_directories: this.folder };
    const flags = Object.entries({ ...settings, fsync: 'off' }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.server = spawn(join(this.programs, 'postgres'), ['-D', join(this.folder, 'data'), ...flags], {
      ...this.identity(),
      stdio: 'ignore',
    });
    const { server } = this;
    const killWithUs = () => server.kill('SIGKILL');
    process.once('exit', killWithUs);
    server.once('exit', () => process.off('exit', killWithUs));
    await eventually('PostgreSQL to answer', () =>
      Promise.resolve()
        .then(() => this.psql('postgres', 'select 1'))
        .then(
          () => true,
          () => undefined,
        ),
    );
    const name = this.url.pathname.slice(1);
    if (this.psql('postgres', `select count(*) from pg_database where datname = '${name}'`) === '0')
      this.psql('postgres', `create database ${name}`);
  }

  /** Cuts everybody off, as a fast shutdown does. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  }

  /** What psql prints for a statement. @throws Error with what it complains of. */
  query(statement: string): string {
    return this.psql(this.url.pathname.slice(1), statement);
  }

  private psql(database: string, statement: string): string {
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    const flags = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', statement];
    return execFileSync(join(this.programs, 'psql'), [url.href, ...flags], { encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  private initialise(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o755 });
    const password = join(this.folder, 'password');
    writeFileSync(password, decodeURIComponent(this.url.password));
    const { uid, gid } = this.identity();
    if (uid !== undefined) for (const path of [this.folder, password]) chownSync(path, uid, gid);
    const access = ['-A', 'scram-sha-256', '-U', this.url.username, '--pwfile', password];
    const flags = ['-D', join(this.folder, 'data'), '-E', 'UTF8', '--locale=C', '--no-sync', ...access];
    execFileSync(join(this.programs, 'initdb'), flags, { ...this.identity(), stdio: 'pipe' });
  }

  /** PostgreSQL does not run as root. */
  private identity(): { cwd: string; uid: number; gid: number } | { cwd: string; uid?: undefined; gid?: undefined } {
    return process.getuid?.() === 0 ? { cwd: '/', uid: nobody, gid: nobody } : { cwd: '/' };
  }
}
