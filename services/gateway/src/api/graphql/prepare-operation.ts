import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  recommendedRules,
  specifiedRules,
  validate,
} from 'graphql';
import { callerOf } from '../auth/caller-of.js';
import { readBody } from '../errors/schema-failure.js';
import { checkLimits, documentLimits } from './document-limits.js';
import { checkPermissions } from './field-permissions.js';
import { type GraphqlRequest, persistedQuerySchema } from './graphql.schemas.js';
import { checkHash, type PersistedQueries } from './persisted-queries.js';
import { checkCost } from './query-cost.js';
import type { GraphqlContext } from './read-field.js';
import { checkSubscriptionRoot } from './subscription-root.js';

/** An operation that may be run, or the errors of its document. */
export type Prepared = { readonly args: ExecutionArgs } | { readonly errors: readonly GraphQLError[] };

const rules = [...new Set([...specifiedRules, ...recommendedRules])];
const maxErrors = 10;

/** The words by which Apollo's clients know that they have to send the document itself. */
const persistedQueryNotFound = new GraphQLError('PersistedQueryNotFound', {
  extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
});

/** Makes of a request an operation that is fit to be run: small enough, valid, allowed, and not too costly, asked in this order. */
export class OperationPreparer {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly persisted: PersistedQueries,
  ) {}

  /**
   * @param kind the only kind of operation that the transport takes
   * @throws FailureError `invalid_argument`, `permission_denied`
   */
  prepare(body: GraphqlRequest, request: FastifyRequest, kind: OperationTypeNode): Prepared {
    const { persistedQuery } = readBody(persistedQuerySchema, body.extensions ?? {});
    const hash = persistedQuery?.sha256Hash;
    const text = body.query || (hash === undefined ? '' : this.persisted.find(request.tenantId, hash));
    if (text === undefined) return { errors: [persistedQueryNotFound] };
    if (text === '') throw FailureError.of('invalid_argument', 'The request has no query.', { field: 'query' });
    if (body.query && hash !== undefined) checkHash(text, hash);
    const document = this.parse(text);
    if (document instanceof GraphQLError) return { errors: [document] };
    checkLimits(document);
    const errors = validate(this.schema, document, rules, { maxErrors, hideSuggestions: true });
    if (errors.length > 0) return { errors };
    checkPermissions(this.schema, document, callerOf(request));
    if (hash !== undefined) this.persisted.keep(request.tenantId, hash, text);
    return this.chosen(document, body, request, kind);
  }

  private chosen(
    document: DocumentNode,
    { operationName, variables: given }: GraphqlRequest,
    request: FastifyRequest,
    kind: OperationTypeNode,
  ): Prepared {
    const operation = operationOf(document, operationName ?? undefined);
    if (operation.operation !== kind) throw otherTransport(operation.operation);
    if (kind === OperationTypeNode.SUBSCRIPTION) checkSubscriptionRoot(document, operation);
    const { coerced, errors } = getVariableValues(this.schema, operation.variableDefinitions ?? [], given ?? {});
    if (errors) return { errors };
    checkCost(this.schema, document, operation, coerced);
    const contextValue: GraphqlContext = { request, asked: new Map() };
    const { schema } = this;
    return { args: { schema, document, contextValue, operationName, variableValues: given, hideSuggestions: true } };
  }

  private parse(text: string): DocumentNode | GraphQLError {
    try {
      return parse(text, { maxTokens: documentLimits.tokens });
    } catch (error) {
      if (error instanceof GraphQLError) return error;
      // The parser calls itself for what is nested: it meets the end of the stack before the limit on tokens.
      if (error instanceof RangeError) throw FailureError.of('invalid_argument', tooDeep, { field: 'query' });
      throw error;
    }
  }
}

const tooDeep = 'The query nests lists or objects too deep. Ask flatter, or send values as variables.';

function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode {
  const found = getOperationAST(document, name);
  if (found) return found;
  const message =
    name === undefined
      ? 'The query has no operation, or several: name one by operationName.'
      : 'The query has no operation of the name in operationName.';
  throw FailureError.of('invalid_argument', message, { field: 'operationName' });
}

function otherTransport(operation: OperationTypeNode): FailureError {
  const where: string =
    operation === OperationTypeNode.SUBSCRIPTION
      ? 'Subscriptions are taken over a WebSocket at the same address, by the protocol graphql-transport-ws.'
      : 'Over a WebSocket only subscriptions are taken: send others by POST.';
  return FailureError.of('invalid_argument', where, { field: 'query' });
}
