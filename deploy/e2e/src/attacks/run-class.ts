import { type Answer, type Attack, type AttackClass, evenly, parsed, type Verdict } from './attack.js';
import { logTrouble } from './log-trouble.js';
import { type Recorded, recordsOf } from './records.js';
import { addressFor } from './send.js';
import type { Site } from './site.js';

/** What came of a class. */
export interface ClassReport {
  readonly name: string;
  readonly cases: number;
  readonly refused: number;
  /** Of the denials that the product promises to put on record, how many there are, and how many are. */
  readonly denials: number;
  readonly logged: number;
  /** Everything that is not as it should be. */
  readonly through: readonly string[];
}

interface Outcome {
  readonly id: string;
  readonly name: string;
  readonly status: number;
  readonly verdict: Verdict;
}

/** Attacks at a time: as many as keep the server busy without making slowness a matter. */
const atOnce = 6;

/** Makes every attack of a class, and checks what it left behind. @param limit most attacks, taken evenly from all of them */
export async function runClass(site: Site, kind: AttackClass, limit: number): Promise<ClassReport> {
  const { name } = kind;
  const chosen = evenly(await kind.attacks(site, limit), limit);
  const [before, loggedBefore] = [await site.database.digest(site.victim.id), site.log().length];
  const outcomes: Outcome[] = [];
  const left = chosen.entries();
  const work = async () => {
    for (const [index, attack] of left) outcomes.push(await make(site, attack, name, index));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const after = await site.database.digest(site.victim.id);
  const later = await kind.afterwards?.(site);
  const missed = outcomes.filter(({ verdict }) => verdict !== undefined);
  const records = await recordsOf(site);
  const denials = outcomes.filter(({ status }) => status === 401 || status === 403);
  const unlogged = denials.filter(({ id }) => !isRecorded(records, id));
  const through = [
    ...missed.map((one) => `${one.name}: ${one.verdict}`),
    ...unlogged.map((one) => `${one.name}: ${one.status} is not in the audit log`),
    ...(later === undefined ? [] : [later]),
    ...changes(before, after),
    ...logTrouble(site.log().slice(loggedBefore)),
    ...(await healthTrouble(site)),
  ];
  const logged = denials.length - unlogged.length;
  return {
    name,
    cases: chosen.length,
    refused: chosen.length - missed.length,
    denials: denials.length,
    logged,
    through,
  };
}

function isRecorded(records: readonly Recorded[], id: string): boolean {
  return records.some(({ request, outcome }) => request === id && outcome === 'refused');
}

async function make(site: Site, attack: Attack, className: string, index: number): Promise<Outcome> {
  const id = `${className}-${index}`;
  const own = { 'x-request-id': id, 'x-forwarded-for': addressFor(id) };
  const view: Site = { ...site, send: (sent) => site.send({ ...sent, headers: { ...own, ...sent.headers } }) };
  try {
    const answer = await attack.send(view, id);
    const verdict = indiscretion(answer) ?? (await attack.judge(answer, view));
    return { id, name: attack.name, status: answer.status, verdict };
  } catch (error) {
    return { id, name: attack.name, status: 0, verdict: error instanceof Error ? error.message : String(error) };
  }
}

/** What no answer ever is or tells. */
function indiscretion({ status, text }: Answer): Verdict {
  if (status >= 500 && (status < 501 || status > 503)) return `${status}: ${text.slice(0, 200)}`;
  const inside =
    /node_modules|\n\s+at \S|at file:|\/services\/|syntax error at or near|invalid input syntax|"stack"|SQLSTATE/.exec(
      text,
    );
  return inside ? `tells of its insides: ${text.slice(Math.max(0, inside.index - 60), inside.index + 100)}` : undefined;
}

function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...after].flatMap(([table, hash]) =>
    before.get(table) === hash ? [] : [`${table} of the victim has changed`],
  );
}

/** Whether it still does what it is for. */
async function healthTrouble(site: Site): Promise<string[]> {
  site.checkAlive();
  const ready = await site.send({ path: '/health/ready' });
  const read = await site.send({ path: `/api/v1/workflows/${site.victim.has.workflow}`, as: site.victim.owner });
  const told = parsed(read.text) as { name?: unknown } | undefined;
  return [
    ...(ready.status === 200 ? [] : [`the service is not ready: ${ready.status}`]),
    ...(read.status === 200 && told?.name === 'victim chat' ? [] : [`a good call is answered with ${read.status}`]),
  ];
}
