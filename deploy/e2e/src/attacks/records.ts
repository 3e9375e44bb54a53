import { parsed } from './attack.js';
import type { Site } from './site.js';

/** An entry of the audit log, as far as it matters here. */
export interface Recorded {
  readonly request: string;
  readonly action: string;
  readonly outcome: string;
}

/** The audit logs of both organisations. */
export async function recordsOf(site: Site): Promise<readonly Recorded[]> {
  const lines = await Promise.all(
    [site.victim, site.attacker].map(({ owner }) =>
      site.send({ path: '/api/v1/audit/export?format=jsonl', as: owner }),
    ),
  );
  return lines
    .flatMap(({ text }) => text.split('\n'))
    .map(parsed)
    .map((line) => (line as { entry?: Recorded } | undefined)?.entry)
    .filter((entry) => entry !== undefined);
}
