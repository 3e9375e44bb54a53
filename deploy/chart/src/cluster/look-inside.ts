/** What was found, and what of it must not be. */
export interface Finding {
  readonly text: string;
  readonly troubles: readonly string[];
}

interface Inside {
  readonly user: number;
  readonly capabilities: string;
  readonly noNewPrivileges: string;
  readonly root: string;
  readonly tools: readonly string[];
}

/** Run by the image's own Node, in a container as its pod is: who it is, what it may, what it has that could bring more. */
export const insideScript = `
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
const names = ['npm', 'npx', 'corepack', 'yarn', 'pnpm', 'apt', 'apt-get', 'dpkg', 'apk', 'pip', 'pip3', 'gcc', 'cc', 'make', 'curl', 'wget'];
const folders = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/bin'];
const has = (path) => { try { accessSync(path, constants.F_OK); return true; } catch { return false; } };
const status = readFileSync('/proc/self/status', 'utf8');
const field = (name) => new RegExp(name + ':\\\\s*(\\\\S+)').exec(status)?.[1] ?? '';
let root = 'writable';
try { writeFileSync('/written', ''); } catch (error) { root = error.code; }
console.log(JSON.stringify({
  user: process.getuid(), capabilities: field('CapBnd') + field('CapEff'), noNewPrivileges: field('NoNewPrivs'), root,
  tools: names.filter((name) => folders.some((folder) => has(folder + '/' + name))),
}));`;

/** @param said by {@link insideScript} @param health what the health command of a running pod ended with */
export function imageFinding(image: string, said: string, health: number): Finding {
  const { user, capabilities, noNewPrivileges, root, tools } = JSON.parse(said) as Inside;
  const troubles = [
    user === 0 && 'runs as root',
    !/^0+$/.test(capabilities) && `may have capabilities (${capabilities})`,
    noNewPrivileges !== '1' && 'may gain privileges',
    root !== 'EROFS' && `has a root that is ${root}`,
    tools.length > 0 && `has ${tools.join(', ')}`,
    health !== 0 && `has a health command that ends with ${health}`,
  ].filter((trouble) => trouble !== false);
  const text = `${image}: user ${user}, root read-only, no capabilities, no package managers, health command ends with ${health}.`;
  return {
    text: troubles.length === 0 ? text : `${image}: ${said}`,
    troubles: troubles.map((each) => `${image} ${each}.`),
  };
}

/** A name and an address of the outside. The address is one of those that are kept for documentation. */
export const outsideScript = `
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
const name = await lookup('example.com').then(() => 'found', (error) => error.code);
const address = await once(connect({ host: '198.51.100.1', port: 443 }), 'connect', { signal: AbortSignal.timeout(20000) }).then(() => 'reached', (error) => error.code);
console.log(JSON.stringify({ name, address }));
process.exit();`;

/** @param said by {@link outsideScript} */
export function outsideFinding(said: string): Finding {
  const { name, address } = JSON.parse(said) as { readonly name: string; readonly address: string };
  const isClosed = name === 'ENOTFOUND' && ['ENETUNREACH', 'EHOSTUNREACH'].includes(address);
  const text = `Outside of the network: names end with ${name}, addresses with ${address}.`;
  return { text, troubles: isClosed ? [] : ['The network leads outside.'] };
}
