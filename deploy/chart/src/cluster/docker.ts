import { execFileSync } from 'node:child_process';

/** What `docker` says. @throws Error with what it says when it fails. */
export function docker(...parameters: string[]): string {
  return execFileSync('docker', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** Where it does not matter whether there is anything to do. */
export function dockerQuietly(...parameters: string[]): void {
  try {
    docker(...parameters);
  } catch {
    // Was gone already.
  }
}
