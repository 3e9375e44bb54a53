import { FailureError } from '@treadle/failure';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** What a document may have at most. Each is far more than a page needs, and so little that the largest costs no more than a few reads. */
export const documentLimits = {
  bytes: 64 * 1024,
  tokens: 2000,
  operations: 10,
  depth: 8,
  /** Within `__schema` and `__type`, where tools ask deep for types of types. */
  introspectionDepth: 16,
  aliases: 15,
  directives: 20,
  /** Those of fragments count wherever they are spread. */
  fields: 500,
} as const;

interface Size {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly fields: number;
}

const nothing: Size = { depth: 0, aliases: 0, directives: 0, fields: 0 };

/**
 * Measures a document before anything is done with it: validation alone costs the square of what is repeated in it.
 * Fragments are measured once, so a document that doubles itself in each of them is told in no time.
 * @throws FailureError `invalid_argument` that names the limit and what the document has.
 */
export function checkLimits(document: DocumentNode): void {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  atMost('operations', operations.length);
  const measure = new Measure(document);
  for (const operation of operations as OperationDefinitionNode[]) {
    const { depth, aliases, directives, fields } = measure.ofOperation(operation);
    atMost('depth', depth);
    atMost('fields', fields);
    atMost('aliases', aliases);
    atMost('directives', directives);
  }
}

const words = {
  operations: 'operations',
  depth: 'fields within each other',
  introspectionDepth: 'fields within each other in its introspection',
  aliases: 'aliases',
  directives: 'directives',
  fields: 'fields, with those of its fragments',
} as const;

function atMost(limit: keyof typeof words, found: number): void {
  const most = documentLimits[limit];
  if (found <= most) return;
  const has = Number.isSafeInteger(found) ? String(found) : 'far too many';
  throw tooMuch(`The query has ${has} ${words[limit]}; at most ${most} are taken.`, 'Ask in several requests.');
}

/** The fields by which a schema tells of itself. */
export function isIntrospection(name: string): boolean {
  return name === '__schema' || name === '__type';
}

/** A refusal of what was asked for as a whole. */
export function tooMuch(message: string, hint: string): FailureError {
  return FailureError.of('invalid_argument', `${message} ${hint}`, { field: 'query', details: { hint } });
}

class Measure {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly known = new Map<string, Size>();
  private readonly open = new Set<string>();

  constructor(document: DocumentNode) {
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map((fragments as FragmentDefinitionNode[]).map((one) => [one.name.value, one]));
  }

  ofOperation({ selectionSet, directives = [], variableDefinitions = [] }: OperationDefinitionNode): Size {
    const found = this.ofSet(selectionSet);
    const own = directives.length + variableDefinitions.reduce((sum, one) => sum + (one.directives?.length ?? 0), 0);
    return { ...found, directives: found.directives + own };
  }

  private ofSet({ selections }: SelectionSetNode): Size {
    return selections.map((selection) => this.of(selection)).reduce(together, nothing);
  }

  private of(selection: SelectionNode): Size {
    const directives = selection.directives?.length ?? 0;
    if (selection.kind === Kind.FRAGMENT_SPREAD) return plus(this.ofFragment(selection.name.value), { directives });
    if (selection.kind === Kind.INLINE_FRAGMENT) return plus(this.ofSet(selection.selectionSet), { directives });
    const inside = selection.selectionSet ? this.ofSet(selection.selectionSet) : nothing;
    const isAlias = selection.alias !== undefined && selection.alias.value !== selection.name.value;
    const size = plus(inside, { depth: 1, fields: 1, aliases: isAlias ? 1 : 0, directives });
    if (!isIntrospection(selection.name.value)) return size;
    // As deep as tools ask, and then no part of the depth around it.
    atMost('introspectionDepth', size.depth);
    return { ...size, depth: 1 };
  }

  private ofFragment(name: string): Size {
    const known = this.known.get(name);
    const fragment = this.fragments.get(name);
    // Validation says which fragment is not there.
    if (known || !fragment) return known ?? nothing;
    if (this.open.has(name))
      throw tooMuch(`The fragment ${name.slice(0, 100)} spreads itself.`, 'Take the circle out.');
    this.open.add(name);
    const found = plus(this.ofSet(fragment.selectionSet), { directives: fragment.directives?.length ?? 0 });
    this.open.delete(name);
    this.known.set(name, found);
    return found;
  }
}

function together(one: Size, other: Size): Size {
  return {
    depth: Math.max(one.depth, other.depth),
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
    fields: one.fields + other.fields,
  };
}

function plus(one: Size, more: Partial<Size>): Size {
  const { depth = 0, aliases = 0, directives = 0, fields = 0 } = more;
  return {
    depth: one.depth + depth,
    aliases: one.aliases + aliases,
    directives: one.directives + directives,
    fields: one.fields + fields,
  };
}
