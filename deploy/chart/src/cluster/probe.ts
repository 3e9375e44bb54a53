import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../objects.js';

/** Asks a probe's question once. @param portOf the number of a port by its name. */
export async function passes(
  probe: Probe,
  address: string,
  portOf: (port: string | number) => number,
): Promise<boolean> {
  const { httpGet, timeoutSeconds = 1 } = probe;
  if (!httpGet) throw new Error('Only probes over HTTP are played.');
  const url = `http://${address}:${portOf(httpGet.port)}${httpGet.path}`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1000), keepalive: false });
    await answer.arrayBuffer();
    return answer.status >= 200 && answer.status < 400;
  } catch {
    return false;
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
