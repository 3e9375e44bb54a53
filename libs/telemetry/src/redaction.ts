/** Takes what belongs to people out of a text. */
export type RedactText = (text: string) => string;

/** What is left out of every line of a log. */
export interface RedactionRules {
  readonly kinds: readonly RedactionKind[];
  /** Taken out wherever they are, whatever their case. */
  readonly words: readonly string[];
  /** Names of facts whose values are left out wholly. */
  readonly names: readonly string[];
}

/**
 * Each is one pass over the text without alternatives that overlap, so that no text takes longer than its length says. There are no patterns
 * of anybody's own: one of those could stop a service.
 */
const kinds = {
  email: (text: string) => text.replace(/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, '[email]'),
  card: (text: string) => text.replace(/\b\d(?:[ -]?\d){12,18}\b/g, (found) => (isCard(found) ? '[card]' : found)),
  iban: (text: string) =>
    text.replace(/\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, (found) =>
      isIban(found) ? '[iban]' : found,
    ),
  phone: (text: string) => text.replace(/(?<![\w+-])(?:\+|00)[1-9](?:[ ./-]?\d){6,13}(?!\d)/g, '[phone]'),
  ipv4: (text: string) =>
    text.replace(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g, (found) =>
      found.split('.').every((part) => Number(part) < 256) ? '[ipv4]' : found,
    ),
} as const satisfies Record<string, RedactText>;

export type RedactionKind = keyof typeof kinds;

/** In the order in which they are looked for: what is a bank account is no telephone. */
export const redactionKinds = Object.keys(kinds) as RedactionKind[];

const maxDepth = 8;

/**
 * Makes what goes through every value of a log line; absent where there is nothing to look for.
 * @param rules kinds that nobody knows are passed over
 */
export function redactionOf({
  kinds: wanted,
  words,
  names,
}: RedactionRules): ((value: unknown) => unknown) | undefined {
  const passes: RedactText[] = redactionKinds.filter((kind) => wanted.includes(kind)).map((kind) => kinds[kind]);
  const literal = words
    .filter((word) => word !== '')
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  if (literal.length > 0) {
    const pattern = new RegExp(literal.sort((a, b) => b.length - a.length).join('|'), 'gi');
    passes.push((text) => text.replace(pattern, '[redacted]'));
  }
  const hidden = new Set(names.map((name) => name.toLowerCase()));
  if (passes.length === 0 && hidden.size === 0) return undefined;
  const clean = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return passes.reduce((text, pass) => pass(text), value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= maxDepth) return '[redacted]';
    if (Array.isArray(value)) return value.map((one) => clean(one, depth + 1));
    const entries = Object.entries(value).map(([name, one]) => [
      name,
      hidden.has(name.toLowerCase()) ? '[redacted]' : clean(one, depth + 1),
    ]);
    return Object.fromEntries(entries) as unknown;
  };
  return (value) => clean(value, 0);
}

/** `TREADLE_REDACT_KINDS=email,card`, `TREADLE_REDACT_WORDS`, `TREADLE_REDACT_NAMES`: lists with commas. */
export function redactionRulesFrom(environment: NodeJS.ProcessEnv): RedactionRules {
  const list = (name: string) => (environment[name] ?? '').split(',').flatMap((one) => one.trim() || []);
  const wanted = list('TREADLE_REDACT_KINDS');
  return {
    kinds: redactionKinds.filter((kind) => wanted.includes(kind) || wanted.includes('all')),
    words: list('TREADLE_REDACT_WORDS'),
    names: list('TREADLE_REDACT_NAMES'),
  };
}

/** By the check digit that every card number has (Luhn). */
function isCard(found: string): boolean {
  const digits = [...found.replace(/\D/g, '')].reverse().map(Number);
  const sum = digits.reduce(
    (total, digit, at) => total + (at % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2),
    0,
  );
  return sum % 10 === 0;
}

/** By its check digits (ISO 13616). */
function isIban(found: string): boolean {
  const text = found.replaceAll(' ', '');
  const moved = text.slice(4) + text.slice(0, 4);
  let rest = 0;
  for (const sign of moved)
    for (const digit of String(Number.parseInt(sign, 36))) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}
