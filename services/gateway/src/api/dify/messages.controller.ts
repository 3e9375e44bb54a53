import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { AppMessages } from './app-messages.js';
import { difyErrorSchema, resultSchema, success, type UserQuery, userQuerySchema } from './dify.schemas.js';
import {
  type FeedbackBody,
  feedbackListSchema,
  feedbackSchema,
  type ListFeedbackQuery,
  type ListMessagesQuery,
  listFeedbackSchema,
  listMessagesSchema,
  messageListSchema,
  suggestedSchema,
} from './message.schemas.js';

@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1')
export class DifyMessagesController {
  constructor(private readonly messages: AppMessages) {}

  @Get('messages')
  @Requires('conversations:read', 'the app of the key')
  @ApiOperation({ summary: 'What was said in a conversation: the newest page, oldest first' })
  @ApiResponse({ status: 200, standardSchema: messageListSchema })
  async list(@Req() http: FastifyRequest, @Query({ schema: listMessagesSchema }) query: ListMessagesQuery) {
    return this.messages.list(http, query);
  }

  @Get('messages/:id/suggested')
  @Requires('conversations:read', 'the app of the key')
  @ApiOperation({ summary: 'What the end user might ask next' })
  @ApiResponse({ status: 200, standardSchema: suggestedSchema })
  async suggested(
    @Req() http: FastifyRequest,
    @Param('id') id: string,
    @Query({ schema: userQuerySchema }) { user }: UserQuery,
  ) {
    return { ...success, data: await this.messages.suggested(http, id, user) };
  }

  @Post('messages/:id/feedbacks')
  @Requires('conversations:write', 'the app of the key')
  @NotAudited('an end user says what they think')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say what the end user thinks of an answer' })
  @ApiResponse({ status: 200, standardSchema: resultSchema })
  async feedback(
    @Req() http: FastifyRequest,
    @Param('id') id: string,
    @Body({ schema: feedbackSchema }) body: FeedbackBody,
  ) {
    await this.messages.rate(http, id, body);
    return success;
  }

  @Get('app/feedbacks')
  @Requires('conversations:read', 'the app of the key')
  @ApiOperation({ summary: 'What all end users think, newest first' })
  @ApiResponse({ status: 200, standardSchema: feedbackListSchema })
  async feedbacks(@Req() http: FastifyRequest, @Query({ schema: listFeedbackSchema }) query: ListFeedbackQuery) {
    return { data: await this.messages.feedback(http, query) };
  }
}
