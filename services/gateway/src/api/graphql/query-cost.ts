import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { isIntrospection, tooMuch } from './document-limits.js';
import { accessOfField } from './field-config.js';

export const maxCost = 5000;
/** A field that reads something costs as much as so many that show what was read. */
const readCost = 10;
/** What a list is taken to hold where nobody says how much. */
const usualLength = 10;
/** The schema tells all of itself at once. */
const introspectionCost = 1000;

type Variables = Readonly<Record<string, unknown>>;

/**
 * Counts what an operation of a valid document may come to: each field 1 (10 where it asks a service), and all within a list as often as it has
 * members: the `limit` of its page, else ten.
 * @param variables as they were coerced
 * @throws FailureError `invalid_argument` for what is too much.
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  const root = schema.getRootType(operation.operation)?.name ?? '';
  const cost = new CostCounter(schema, document, variables).ofSet(operation.selectionSet, root);
  if (cost <= maxCost) return cost;
  const message = `The query may cost ${cost} points; at most ${maxCost} are taken. A point is a field, as often as its lists have members.`;
  throw tooMuch(message, 'Ask for fewer fields, or for smaller pages by a smaller limit.');
}

class CostCounter {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly known = new Map<string, number>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly variables: Variables,
  ) {
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map((fragments as FragmentDefinitionNode[]).map((one) => [one.name.value, one]));
  }

  /** @param page members of the page that the set is of; absent where it is of none */
  ofSet({ selections }: SelectionSetNode, type: string, page?: number): number {
    let cost = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) cost += this.ofField(selection, type, page);
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        cost += this.ofSet(selection.selectionSet, selection.typeCondition?.name.value ?? type, page);
      else cost += this.ofFragment(selection.name.value, page);
    }
    return cost;
  }

  private ofFragment(name: string, page: number | undefined): number {
    const key = `${name} ${page}`;
    const fragment = this.fragments.get(name);
    if (!fragment) return 0;
    const cost = this.known.get(key) ?? this.ofSet(fragment.selectionSet, fragment.typeCondition.name.value, page);
    this.known.set(key, cost);
    return cost;
  }

  private ofField(node: FieldNode, type: string, page: number | undefined): number {
    if (isIntrospection(node.name.value)) return introspectionCost;
    const parent = this.schema.getType(type);
    const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field || isIntrospectionType(getNamedType(field.type))) return 1;
    const own = accessOfField(field) ? readCost : 1;
    if (!node.selectionSet) return own;
    const members = this.membersOf(field, node);
    const times = isListType(getNullableType(field.type)) ? (page ?? usualLength) : 1;
    return own + times * this.ofSet(node.selectionSet, getNamedType(field.type).name, members);
  }

  /** How many members the page that a field asks for may have. */
  private membersOf(field: GraphQLField<unknown, unknown>, node: FieldNode): number | undefined {
    if (!field.args.some(({ name }) => name === 'limit')) return undefined;
    const { limit } = getArgumentValues(field, node, this.variables);
    return typeof limit === 'number' ? Math.max(1, limit) : usualLength;
  }
}
