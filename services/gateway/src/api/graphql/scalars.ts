import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** JSON as it is: what workflows, tools and documents hold has no schema here. */
export const Json = new GraphQLScalarType({ name: 'Json', description: 'Any JSON.' });

/** Sums of tokens pass the 32 bits of an `Int`. */
export const Integer = new GraphQLScalarType<number, number>({
  name: 'Integer',
  description: 'A whole number of at most 53 bits.',
  serialize: whole,
  parseValue: whole,
  parseLiteral: (node) => {
    if (node.kind !== Kind.INT) throw new GraphQLError('Integer takes whole numbers.', { nodes: node });
    return whole(Number(node.value));
  },
});

function whole(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new GraphQLError('Integer takes whole numbers.');
}
