import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Ends the process with its parent, also where it never looks up from its work. */
const withParent = ['/usr/bin/setpriv', '--no-new-privs', '--pdeathsig', 'KILL', '--'];
/** The same without any power of root, not even over its own user namespace. */
const withoutPowers = [...withParent.slice(0, -1), '--bounding-set=-all', '--inh-caps=-all', '--'];
/** No network but an interface of its own that leads nowhere; as root of a user namespace, or as root. */
const asNobodyElse = ['/usr/bin/unshare', '--map-root-user', '--net', '--'];
const asRoot = ['/usr/bin/unshare', '--net', '--'];

/** From the best to none at all. */
const prefixes = [
  [...asNobodyElse, ...withoutPowers],
  [...asNobodyElse, ...withParent],
  [...asRoot, ...withParent],
  asNobodyElse,
  asRoot,
  withParent,
];

let chosen: Promise<readonly string[]> | undefined;

/** The command to put before a program to jail it as well as this machine allows; empty where it allows nothing. */
export function jailPrefix(): Promise<readonly string[]> {
  return (chosen ??= firstThatWorks());
}

async function firstThatWorks(): Promise<readonly string[]> {
  for (const prefix of prefixes) if (await works(prefix)) return prefix;
  return [];
}

async function works([command = '', ...before]: readonly string[]): Promise<boolean> {
  return promisify(execFile)(command, [...before, process.execPath, '--version']).then(
    () => true,
    () => false,
  );
}
