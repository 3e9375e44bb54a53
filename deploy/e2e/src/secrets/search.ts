import { requestFor } from '../attacks/object-authorisation.js';
import type { Ground } from './plant.js';

/** Where a secret was found. */
export interface Leak {
  readonly where: string;
  readonly secret: string;
}

/** Looks through everything that is written, shown and kept. */
export async function search(ground: Ground): Promise<readonly Leak[]> {
  const { site, planted, heard } = ground;
  const leaks: Leak[] = [];
  const look = (where: string, text: string) => {
    for (const secret of planted.in(text)) leaks.push({ where, secret: secret.where });
  };
  look('the log', site.log());
  for (const answer of heard) look(`the answer to ${answer.slice(0, answer.indexOf(': '))}`, answer);
  for await (const { table, row } of site.database.dump()) look(`the table ${table}`, withBytes(row));
  for (const { path, text } of await everythingShown(ground)) look(`the answer to GET ${path}`, text);
  return leaks;
}

/** Bytes in a row are written in hex; what they hold as text is looked at as well. */
function withBytes(row: string): string {
  const bytes = [...row.matchAll(/\\\\x([0-9a-f]{16,})/g)].map(([, hex = '']) =>
    Buffer.from(hex, 'hex').toString('latin1'),
  );
  return [row, ...bytes].join('\n');
}

/** Every GET there is, about what is there, with its pages and the exports. */
async function everythingShown({ site }: Ground): Promise<readonly { path: string; text: string }[]> {
  const credentials = [site.victim.owner, site.victim.has.appKey, site.victim.has.datasetKey];
  const shown: { path: string; text: string }[] = [];
  for (const route of site.routes.filter(({ method }) => method === 'GET')) {
    const sent = requestFor(route, site.victim);
    if (!sent) continue;
    const paged =
      route.query.some(({ name }) => name === 'limit') && !sent.path.includes('?')
        ? `${sent.path}?limit=100`
        : sent.path;
    for (const as of credentials) {
      const { text, headers } = await site.send({ ...sent, path: paged, as });
      shown.push({ path: route.path, text: `${JSON.stringify(headers)} ${text}` });
    }
  }
  const csv = await site.send({ path: '/api/v1/audit/export?format=csv', as: site.victim.owner });
  return [...shown, { path: '/api/v1/audit/export?format=csv', text: csv.text }];
}

/** Leaks that are alike, as one line with their number. */
export function summary(leaks: readonly Leak[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { where, secret } of leaks) {
    const line = `${secret} in ${where}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${line} (${count})`);
}
