import { z } from 'zod';
import { builtInFields, type Dataset, type MetadataFieldType } from './dataset.js';
import type { MetadataCondition, MetadataFilter, MetadataOperator } from './metadata-filter.js';

/** Fields that conditions may name, with what they hold. */
export type Fields = ReadonlyMap<string, MetadataFieldType>;

const listed: readonly MetadataOperator[] = ['in', 'not in', 'empty', 'not empty'];
const operatorsOf: Readonly<Record<MetadataFieldType, readonly MetadataOperator[]>> = {
  string: ['is', 'is not', 'contains', 'not contains', 'start with', 'end with', ...listed],
  number: ['=', '≠', '<', '>', '≤', '≥', ...listed],
  time: ['after', 'before', 'empty', 'not empty'],
};

/** The fields that all of the datasets have with the same meaning: a condition narrows the search in each of them. */
export function commonFields(datasets: readonly Dataset[]): Fields {
  const [first, ...others] = datasets.map(({ metadataFields }) => new Map(Object.entries(metadataFields)));
  const common = [...(first ?? [])].filter(([name, type]) => others.every((fields) => fields.get(name) === type));
  return new Map([...common, ...Object.entries(builtInFields)]);
}

/** What a model is told, and the JSON schema of its answer. */
export function filterPrompt(fields: Fields, today: Date) {
  const lines = [...fields].map(([name, type]) => `- ${name} (${type}): ${operatorsOf[type].join(', ')}`);
  const system = [
    'Turn the question of the user into conditions on the metadata of the documents in which its answer is looked for.',
    'Give a condition only for what the question says outright about a field; most questions need none.',
    `The fields, with the operators that each takes:\n${lines.join('\n')}`,
    'A value is a text, a number, a list of them for "in" and "not in", or null for "empty" and "not empty".',
    `Times are texts of ISO 8601. Today is ${today.toISOString().slice(0, 10)}.`,
    'Answer with JSON only, like {"logic":"and","conditions":[{"field":"…","operator":"…","value":"…"}]}.',
  ].join('\n');
  return { system, schema: schemaOf(fields) };
}

function schemaOf(fields: Fields) {
  const scalar = [{ type: 'string' }, { type: 'number' }];
  const condition = {
    field: { type: 'string', enum: [...fields.keys()] },
    operator: { type: 'string', enum: [...new Set(Object.values(operatorsOf).flat())] },
    value: { anyOf: [...scalar, { type: 'array', items: { anyOf: scalar } }, { type: 'null' }] },
  };
  return strictObject({
    logic: { type: 'string', enum: ['and', 'or'] },
    conditions: { type: 'array', items: strictObject(condition) },
  });
}

function strictObject(properties: object) {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

const scalarSchema = z.union([z.string().max(2000), z.number()]);
const answerSchema = z.object({
  logic: z.enum(['and', 'or']).catch('and'),
  conditions: z.array(z.unknown()).max(50),
});
const conditionSchema = z.object({
  field: z.string(),
  operator: z.string(),
  value: z.union([scalarSchema, z.array(scalarSchema).max(1000)]).nullish(),
});

export interface ReadFilter {
  /** Absent where no condition is left. */
  readonly filter: MetadataFilter | undefined;
  /** Why conditions were left out, a sentence each. */
  readonly notes: readonly string[];
}

/** Reads what a model wrote; undefined where it is no filter at all. Conditions that the fields do not allow are left out and named. */
export function readFilter(text: string, fields: Fields): ReadFilter | undefined {
  const answer = answerSchema.safeParse(jsonIn(text));
  if (!answer.success) return undefined;
  const notes: string[] = [];
  const conditions = answer.data.conditions.flatMap((given) => {
    const read = readCondition(given, fields);
    if (typeof read !== 'string') return [read];
    notes.push(read);
    return [];
  });
  // Of "this or that" a part would find less than was meant.
  const isWhole = answer.data.logic === 'and' || notes.length === 0;
  return { filter: conditions.length > 0 && isWhole ? { logic: answer.data.logic, conditions } : undefined, notes };
}

/** A condition, or why it is none. */
function readCondition(given: unknown, fields: Fields): MetadataCondition | string {
  const read = conditionSchema.safeParse(given);
  if (!read.success) return left(given, 'it is no condition');
  const { field, value } = read.data;
  const type = fields.get(field);
  if (!type) return left(given, `there is no metadata field "${field.slice(0, 100)}" in every dataset`);
  const operator = operatorsOf[type].find((one) => one === read.data.operator);
  if (!operator) return left(given, `a ${type} is not compared so`);
  if (operator === 'empty' || operator === 'not empty') return { field, operator };
  const takesList = operator === 'in' || operator === 'not in';
  const values = (Array.isArray(value) ? value : [value]).map((one) => valueOf(type, one));
  const known = values.filter((one) => one !== undefined);
  const [single] = known;
  if (single === undefined || known.length < values.length || (!takesList && known.length > 1))
    return left(given, `its value is no ${type}`);
  return { field, operator, value: takesList ? known : single };
}

function valueOf(type: MetadataFieldType, value: string | number | null | undefined): string | number | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  if (type === 'string') return String(value);
  const number = type === 'time' && typeof value === 'string' ? Date.parse(value) : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function left(given: unknown, why: string): string {
  return `The condition ${JSON.stringify(given).slice(0, 200)} of the model was left out: ${why}.`;
}

/** Models that know no schema like to put their JSON between other words. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  } catch {
    return undefined;
  }
}
