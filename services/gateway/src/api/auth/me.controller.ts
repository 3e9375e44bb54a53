import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { Sessions } from '../../domain/people/sessions.js';
import { SignIn } from '../../domain/people/sign-in.js';
import { Audited } from '../audit/audited.js';
import { errorSchema } from '../errors/error-body.js';
import { AnyCaller } from './access.js';
import { type ChangePasswordBody, changePasswordSchema, meSchema, sessionListSchema } from './auth.schemas.js';
import { callerOf } from './caller-of.js';
import { personOf } from './sign-in.controller.js';

/** What every caller may ask and change about itself. */
@ApiTags('sign-in')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/auth')
export class MeController {
  constructor(
    private readonly people: SignIn,
    private readonly sessions: Sessions,
  ) {}

  @Get('me')
  @AnyCaller()
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Who the credential belongs to, and what it allows' })
  @ApiResponse({ status: 200, standardSchema: meSchema })
  me(@Req() request: FastifyRequest) {
    const { tenantId, by, bound, permissions } = callerOf(request);
    return {
      organisation: tenantId,
      user_id: 'userId' in by ? by.userId : null,
      key_id: 'keyId' in by ? by.keyId : null,
      permissions: [...permissions],
      workflow_id: bound && 'workflowId' in bound ? bound.workflowId : null,
      dataset_id: bound && 'datasetId' in bound ? bound.datasetId : null,
    };
  }

  @Post('password')
  @AnyCaller()
  @Audited('person', 'change-password')
  @HttpCode(204)
  @ApiOperation({ summary: 'Change your password; your other sessions end' })
  async changePassword(
    @Req() request: FastifyRequest,
    @Body({ schema: changePasswordSchema }) { current_password, new_password }: ChangePasswordBody,
  ): Promise<void> {
    await this.people.changePassword(personOf(request), current_password, new_password, request.ip);
  }

  @Post('sign-out')
  @AnyCaller()
  @Audited('session', 'sign-out')
  @HttpCode(204)
  @ApiOperation({ summary: 'End this session; its tokens are refused everywhere within five seconds' })
  async signOut(@Req() request: FastifyRequest): Promise<void> {
    const person = personOf(request);
    await this.sessions.store.end(person, { sessionId: person.sessionId });
  }

  @Get('sessions')
  @AnyCaller()
  @ApiOperation({ summary: 'Your sessions, newest first' })
  @ApiResponse({ status: 200, standardSchema: sessionListSchema })
  async list(@Req() request: FastifyRequest) {
    const person = personOf(request);
    const items = (await this.sessions.store.list(person)).map((session) => ({
      id: session.id,
      current: session.id === person.sessionId,
      address: session.address,
      agent: session.agent,
      created_at: session.createdAt.toISOString(),
      refreshed_at: session.refreshedAt.toISOString(),
      expires_at: session.expiresAt.toISOString(),
    }));
    return { items };
  }

  @Delete('sessions/:id')
  @AnyCaller()
  @Audited('session', 'end')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of your sessions' })
  async end(@Req() request: FastifyRequest, @Param('id') sessionId: string): Promise<void> {
    const person = personOf(request);
    const known = (await this.sessions.store.list(person)).some(({ id }) => id === sessionId);
    if (!known) throw FailureError.of('not_found', `You have no session ${sessionId.slice(0, 100)}.`, { field: 'id' });
    await this.sessions.store.end(person, { sessionId });
  }
}
