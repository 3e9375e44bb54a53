import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../objects.js';

/** What a probe is asked of. */
export interface ProbedPlace {
  readonly address: string;
  /** The number of a port by its name. */
  readonly portOf: (port: string | number) => number;
  /** Runs a command there, and says how it ended. */
  readonly run: (command: readonly string[]) => Promise<number>;
}

/** Asks a probe's question once. */
export async function passes(probe: Probe, { address, portOf, run }: ProbedPlace): Promise<boolean> {
  const { httpGet, tcpSocket, exec, timeoutSeconds = 1 } = probe;
  const patience = timeoutSeconds * 1000;
  if (httpGet) return answersWell(`http://${address}:${portOf(httpGet.port)}${httpGet.path}`, patience);
  if (tcpSocket) return takesConnections(address, portOf(tcpSocket.port), patience);
  if (!exec) throw new Error('A probe asks over HTTP, by a connection or by a command.');
  return Promise.race([run(exec.command).then((code) => code === 0), delay(patience, false, { ref: false })]);
}

async function answersWell(url: string, patienceMs: number): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs), keepalive: false });
    await answer.arrayBuffer();
    return answer.status >= 200 && answer.status < 400;
  } catch {
    return false;
  }
}

async function takesConnections(host: string, port: number, patienceMs: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export interface Watch {
  readonly probe: Probe;
  readonly ask: () => Promise<boolean>;
  /** Told when the verdict changes, which takes `failureThreshold` failures in a row, or one success. */
  readonly onChange: (ok: boolean) => void;
  readonly signal: AbortSignal;
}

/** Asks again and again, as a kubelet does, until the signal. */
export async function watch({ probe, ask, onChange, signal }: Watch): Promise<void> {
  const { periodSeconds = 10, failureThreshold = 3 } = probe;
  let failures = 0;
  let verdict: boolean | undefined;
  while (!signal.aborted) {
    const ok = await ask();
    failures = ok ? 0 : failures + 1;
    const next = ok ? true : failures >= failureThreshold ? false : verdict;
    if (next !== undefined && next !== verdict && !signal.aborted) onChange(next);
    verdict = next;
    await delay(periodSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}
