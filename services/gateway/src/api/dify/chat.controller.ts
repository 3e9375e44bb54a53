import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { Apps, requireKind } from './app.js';
import { AppRuns } from './app-runs.js';
import {
  type ChatBody,
  type CompletionBody,
  chatSchema,
  completionSchema,
  messageAnswerSchema,
} from './chat.schemas.js';
import { difyErrorSchema } from './dify.schemas.js';

@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1')
export class DifyChatController {
  constructor(
    private readonly apps: Apps,
    private readonly runs: AppRuns,
  ) {}

  @Post('chat-messages')
  @Requires('runs:start', 'the app of the key')
  @NotAudited('a run has a history of its own')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say something to a chat app' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key gives the same answer.' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({ status: 200, standardSchema: messageAnswerSchema, description: 'The answer, or its stream.' })
  async chat(
    @Req() http: FastifyRequest,
    @Body({ schema: chatSchema }) body: ChatBody,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const app = await this.apps.of(http, body.workflow_id || undefined);
    requireKind(app, 'chat');
    const { conversation_id: conversationId, response_mode: mode, ...rest } = body;
    await this.runs.answer(http, reply, app, { ...rest, conversationId, streams: mode === 'streaming' });
  }

  @Post('completion-messages')
  @Requires('runs:start', 'the app of the key')
  @NotAudited('a run has a history of its own')
  @HttpCode(200)
  @ApiOperation({ summary: 'Have a completion app write' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key gives the same answer.' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({ status: 200, standardSchema: messageAnswerSchema, description: 'The answer, or its stream.' })
  async complete(
    @Req() http: FastifyRequest,
    @Body({ schema: completionSchema }) body: CompletionBody,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const app = await this.apps.of(http);
    requireKind(app, 'completion');
    const { response_mode: mode, ...rest } = body;
    await this.runs.answer(http, reply, app, { ...rest, conversationId: '', streams: mode === 'streaming' });
  }
}
