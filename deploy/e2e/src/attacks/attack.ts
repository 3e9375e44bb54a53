import type { Site } from './site.js';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Why an answer is no refusal; `undefined` for one that is. */
export type Verdict = string | undefined;

/** One thing that somebody tries. */
export interface Attack {
  readonly name: string;
  /** @param id for `X-Request-Id`, so that what is on record of it can be found */
  send(site: Site, id: string): Promise<Answer>;
  judge(answer: Answer, site: Site): Verdict | Promise<Verdict>;
}

/** Attacks of one kind. */
export interface AttackClass {
  readonly name: string;
  /** @param limit most that are wanted, for classes that ask much to find out what to try */
  attacks(site: Site, limit: number): readonly Attack[] | Promise<readonly Attack[]>;
  /** Something that has to hold when all of them were made. */
  readonly afterwards?: (site: Site) => Promise<Verdict>;
}

/** The failure code of an answer, in the shape of any of the surfaces; empty where there is none. */
export function codeOf({ text }: Answer): string {
  const body = parsed(text) as {
    code?: unknown;
    error?: { code?: unknown };
    errors?: { extensions?: { code?: unknown } }[];
  };
  const code = body?.code ?? body?.error?.code ?? body?.errors?.[0]?.extensions?.code;
  return typeof code === 'string' ? code : '';
}

/** A JSON text as a value; `undefined` where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Accepts answers with one of the statuses and, where some are given, one of the failure codes. */
export function refusedWith(statuses: readonly number[], codes?: readonly string[]) {
  return (answer: Answer): Verdict => {
    if (!statuses.includes(answer.status)) return `${answer.status} instead of ${statuses.join(' or ')}`;
    const code = codeOf(answer);
    return !codes || codes.includes(code) ? undefined : `code "${code}" instead of ${codes.join(' or ')}`;
  };
}

/** Accepts what both accept. */
export function both(...judges: readonly Attack['judge'][]): Attack['judge'] {
  return async (answer, site) => {
    for (const judge of judges) {
      const verdict = await judge(answer, site);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  };
}

/** So many of a list, from its beginning to its end. */
export function evenly<T>(list: readonly T[], limit: number): readonly T[] {
  if (list.length <= limit) return list;
  return Array.from({ length: limit }, (_, index) => list[Math.floor((index * list.length) / limit)] as T);
}
