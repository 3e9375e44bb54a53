import { Secret } from './secret.js';

/** What every setting says about itself, side by side with its type. */
interface About<T> {
  /** Name of the environment variable. `<env>_FILE` names a file that holds the value instead. */
  readonly env: string;
  /** One line: what it decides. */
  readonly meaning: string;
  /** Such as `ms`, `bytes`, `port`; absent for values without one. */
  readonly unit?: string;
  /** The value when nothing is set. Without one the setting is required, unless optional. */
  readonly default?: T;
  /** Absence is allowed and reads as `undefined`. */
  readonly optional?: boolean;
}

/** One declared setting. */
export interface Setting<T> extends Omit<About<unknown>, 'default'> {
  /** How the default is shown; absent when there is none. */
  readonly shownDefault?: string;
  readonly fallback: T | undefined;
  readonly secret: boolean;
  /** What a good value looks like, to follow "must be". */
  readonly expected: string;
  /** The value of a text, or undefined when the text is none. */
  readonly parse: (text: string) => T | undefined;
}

type Read<T, Options> = Options extends { readonly optional: true } ? T | undefined : T;

/** Any text. */
export function string<const Options extends About<string>>(options: Options): Setting<Read<string, Options>> {
  return setting(options, 'a text', (text) => text);
}

/** A whole number between two bounds, both included. */
export function integer<const Options extends About<number> & { readonly min: number; readonly max: number }>(
  options: Options,
): Setting<Read<number, Options>> {
  const { min, max } = options;
  return setting<number, Options>(options, `a whole number from ${min} to ${max}`, (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** `true`, `1`, `yes` or `on`; `false`, `0`, `no` or `off`; in any case. */
export function boolean<const Options extends About<boolean>>(options: Options): Setting<Read<boolean, Options>> {
  return setting<boolean, Options>(options, 'true or false', (text) => {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    return /^(false|0|no|off)$/i.test(text) ? false : undefined;
  });
}

/** One of a closed list of words. */
export function oneOf<const Word extends string, const Options extends About<NoInfer<Word>>>(
  words: readonly Word[],
  options: Options,
): Setting<Read<Word, Options>> {
  return setting<Word, Options>(options, `one of ${words.join(', ')}`, (text) => words.find((word) => word === text));
}

interface AboutList {
  /** What every word must look like; anything when absent. */
  readonly item?: RegExp;
}

/** Words separated by commas; blanks around them are dropped. */
export function list<const Options extends About<readonly string[]> & AboutList>(
  options: Options,
): Setting<Read<readonly string[], Options>> {
  const { item } = options;
  const expected = item ? `words like ${item.source}, separated by commas` : 'words separated by commas';
  return setting<readonly string[], Options>(options, expected, (text) => {
    const words = text.split(',').map((word) => word.trim());
    return words.every((word) => word !== '' && (item?.test(word) ?? true)) ? Object.freeze(words) : undefined;
  });
}

interface AboutUrl {
  /** Accepted schemes such as `http`; all when absent. */
  readonly schemes?: readonly string[];
}

/** An absolute URL, kept as written. */
export function url<const Options extends About<string> & AboutUrl>(options: Options): Setting<Read<string, Options>> {
  return setting<string, Options>(options, urlExpected(options), (text) => (isUrl(text, options) ? text : undefined));
}

/** A value that must not be printed. */
export function secret<const Options extends About<never>>(options: Options): Setting<Read<Secret, Options>> {
  return { ...setting<Secret, Options>(options, 'a text', (text) => new Secret(text)), secret: true };
}

/** A URL that may hold a password, and so must not be printed. */
export function secretUrl<const Options extends About<never> & AboutUrl>(
  options: Options,
): Setting<Read<Secret, Options>> {
  const parse = (text: string) => (isUrl(text, options) ? new Secret(text) : undefined);
  return { ...setting<Secret, Options>(options, urlExpected(options), parse), secret: true };
}

function setting<T extends NonNullable<unknown>, Options extends About<T>>(
  { env, meaning, unit, optional, default: fallback }: Options,
  expected: string,
  parse: (text: string) => T | undefined,
): Setting<Read<T, Options>> {
  const shownDefault = typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
  const made: Setting<T> = { env, meaning, unit, optional, shownDefault, fallback, secret: false, expected, parse };
  return made;
}

const urlExpected = ({ schemes }: AboutUrl): string =>
  schemes ? `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}` : 'a URL';

function isUrl(text: string, { schemes }: AboutUrl): boolean {
  // PostgreSQL's URLs leave the host out when they mean a socket, which the URL standard does not know.
  const standard = text.replace('@/', '@localhost/');
  if (!URL.canParse(standard)) return false;
  return schemes === undefined || schemes.includes(new URL(standard).protocol.slice(0, -1));
}
