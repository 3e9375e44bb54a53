/** A document's metadata: texts, numbers, and moments as milliseconds since the epoch. */
export type MetadataValue = string | number | null;
export type Metadata = Readonly<Record<string, MetadataValue>>;

export const metadataOperators = [
  'after',
  'before',
  'contains',
  'empty',
  'end with',
  'in',
  'is',
  'is not',
  'not contains',
  'not empty',
  'not in',
  'start with',
  '<',
  '=',
  '>',
  '≠',
  '≤',
  '≥',
] as const;
export type MetadataOperator = (typeof metadataOperators)[number];

export interface MetadataCondition {
  readonly field: string;
  readonly operator: MetadataOperator;
  /** A list for `in` and `not in`; absent for `empty` and `not empty`; a text or a number otherwise. */
  readonly value?: string | number | readonly (string | number)[];
}

/** Conditions of which all (`and`) or at least one (`or`) must hold. No conditions hold always. */
export interface MetadataFilter {
  readonly logic: 'and' | 'or';
  readonly conditions: readonly MetadataCondition[];
}

/** Whether a document's metadata satisfy a filter. A field that has no value satisfies only `empty` and the operators that deny. */
export function matches(metadata: Metadata, { logic, conditions }: MetadataFilter): boolean {
  if (conditions.length === 0) return true;
  const holds = (condition: MetadataCondition) => holdsFor(metadata[condition.field] ?? null, condition);
  return logic === 'and' ? conditions.every(holds) : conditions.some(holds);
}

const denying: ReadonlySet<MetadataOperator> = new Set(['is not', 'not contains', 'not in', '≠', 'empty']);

function holdsFor(actual: MetadataValue, { operator, value }: MetadataCondition): boolean {
  if (operator === 'empty') return actual === null || actual === '';
  if (operator === 'not empty') return actual !== null && actual !== '';
  if (actual === null) return denying.has(operator);
  if (operator === 'in' || operator === 'not in') return listed(value).includes(String(actual)) === (operator === 'in');
  const expected = Array.isArray(value) ? undefined : (value as string | number | undefined);
  if (expected === undefined) return false;
  return compares(operator, actual, expected);
}

function compares(operator: MetadataOperator, actual: string | number, expected: string | number): boolean {
  const text = String(actual);
  switch (operator) {
    case 'is':
    case '=':
      return same(actual, expected);
    case 'is not':
    case '≠':
      return !same(actual, expected);
    case 'contains':
      return text.includes(String(expected));
    case 'not contains':
      return !text.includes(String(expected));
    case 'start with':
      return text.startsWith(String(expected));
    case 'end with':
      return text.endsWith(String(expected));
    case '<':
    case 'before':
      return Number(actual) < Number(expected);
    case '>':
    case 'after':
      return Number(actual) > Number(expected);
    case '≤':
      return Number(actual) <= Number(expected);
    case '≥':
      return Number(actual) >= Number(expected);
    default:
      return false;
  }
}

function same(actual: string | number, expected: string | number): boolean {
  return typeof actual === 'number' ? actual === Number(expected) : actual === String(expected);
}

function listed(value: MetadataCondition['value']): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
