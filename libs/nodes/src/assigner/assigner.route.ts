import { FailureError, toFailure } from '@treadle/failure';
import { type Assignment, type Json, type Read, type Settlement, selectorText } from '@treadle/workflow';
import { constantValue, elementType, emptyValue, fitsType } from '../variable-types.js';
import { type AssignerConfig, type AssignerItem, selectorOf, takesValue } from './assigner.descriptor.js';

/** Writes all items or, when one of them fails, none. Each sees what those before it have written. */
export function settleAssigner(config: AssignerConfig, read: Read): Settlement {
  const written = new Map<string, Assignment>();
  const readWritten: Read = (selector) => {
    const earlier = written.get(selectorText(selector));
    return earlier ? earlier.value : read(selector);
  };
  try {
    for (const item of config.items) {
      const selector = item.variable_selector;
      written.set(selectorText(selector), { selector, value: newValue(item, readWritten) });
    }
    return { outputs: {}, assigns: [...written.values()] };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

function newValue(item: AssignerItem, read: Read): Json {
  const current = read(item.variable_selector) ?? null;
  const type = item.variable_type ?? typeOf(current);
  const value = takesValue(item) ? givenValue(item, type, read) : null;
  switch (item.operation) {
    case 'over-write':
    case 'set':
      return fitting(item, type, value);
    case 'clear':
      return emptyValue(type);
    case 'append':
      return [...listOf(item, current), fitting(item, elementType(type) ?? 'any', value)];
    case 'extend':
      return [...listOf(item, current), ...(fitting(item, type, value) as readonly Json[])];
    case 'remove-first':
      return listOf(item, current).slice(1);
    case 'remove-last':
      return listOf(item, current).slice(0, -1);
    default:
      return calculated(item, numberOf(item, current ?? 0), numberOf(item, value));
  }
}

function givenValue(item: AssignerItem, type: string, read: Read): Json {
  const wanted = item.operation === 'append' ? (elementType(type) ?? 'any') : type;
  if (item.input_type === 'constant') return constantValue(wanted, item.value ?? null);
  const selector = selectorOf(item);
  const value = selector && read(selector);
  if (value !== undefined) return value;
  throw FailureError.of(
    'value_missing',
    `There is no value to write to "${nameOf(item)}". Give it one before this node, or choose another.`,
  );
}

function calculated(item: AssignerItem, current: number, value: number): number {
  if (item.operation === '/=' && value === 0) {
    throw FailureError.of('node_configuration', `"${nameOf(item)}" cannot be divided by zero.`);
  }
  switch (item.operation) {
    case '-=':
      return current - value;
    case '*=':
      return current * value;
    case '/=':
      return current / value;
    default:
      return current + value;
  }
}

/** Variables without a declared type keep the kind of their value. */
function typeOf(value: Json): string {
  if (value === null) return 'any';
  if (Array.isArray(value)) return 'array[any]';
  return typeof value;
}

function fitting(item: AssignerItem, type: string, value: Json): Json {
  if (fitsType(type, value)) return value;
  throw wrongType(item, type);
}

function listOf(item: AssignerItem, value: Json): readonly Json[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value as readonly Json[];
  throw wrongType(item, 'a list');
}

function numberOf(item: AssignerItem, value: Json): number {
  if (typeof value === 'number') return value;
  throw wrongType(item, 'number');
}

function wrongType(item: AssignerItem, wanted: string): FailureError {
  const message = `"${item.operation}" on "${nameOf(item)}" wants ${wanted}, but met something else. Choose another value or operation.`;
  return FailureError.of('node_configuration', message);
}

function nameOf({ variable_selector }: AssignerItem): string {
  return selectorText(variable_selector);
}
