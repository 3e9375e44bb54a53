import { Body, Controller, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { execute, type GraphQLError, OperationTypeNode } from 'graphql';
import { NotAudited } from '../audit/audited.js';
import { AnyCaller, routeConfig } from '../auth/access.js';
import { documentLimits } from './document-limits.js';
import { type GraphqlRequest, graphqlAnswerSchema, graphqlSchema } from './graphql.schemas.js';
import { formatError } from './graphql-error.js';
import { OperationPreparer } from './prepare-operation.js';

/** The management model in one schema, which is `schema.graphql`. It only reads. */
@ApiTags('graphql')
@ApiResponse({ status: 'default', standardSchema: graphqlAnswerSchema, description: 'What went wrong.' })
@Controller('graphql')
export class GraphqlController {
  private readonly logger = new Logger('GraphQL');

  constructor(private readonly operations: OperationPreparer) {}

  @Post()
  @AnyCaller()
  @NotAudited('changes nothing')
  @routeConfig({ bodyLimit: documentLimits.bytes, routeClass: 'read' })
  @HttpCode(200)
  @ApiBearerAuth()
  @ApiOperation({
    summary: 'Ask for several things of the management model at once, in GraphQL',
    description:
      'Every field needs the permission of the REST route that shows the same. Fields, arguments and pages have the names that they have there.',
  })
  @ApiResponse({ status: 200, standardSchema: graphqlAnswerSchema })
  async answer(
    @Req() request: FastifyRequest,
    @Body({ schema: graphqlSchema }) body: GraphqlRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const prepared = this.operations.prepare(body, request, OperationTypeNode.QUERY);
    if ('errors' in prepared) {
      const isUnknownHash = prepared.errors.some(
        ({ extensions }) => extensions['code'] === 'PERSISTED_QUERY_NOT_FOUND',
      );
      // Its clients take that for an answer.
      void reply.status(isUnknownHash ? 200 : 400);
      return { errors: this.format(prepared.errors, request) };
    }
    const { data, errors } = await execute(prepared.args);
    return { data, ...(errors && { errors: this.format(errors, request) }) };
  }

  private format(errors: readonly GraphQLError[], request: FastifyRequest) {
    const onBug = (error: unknown) =>
      this.logger.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'a request met a bug');
    return errors.map((error) => formatError(error, request.id, onBug));
  }
}
