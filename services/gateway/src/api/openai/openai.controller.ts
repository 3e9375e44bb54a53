import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EmbedRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenCredentials } from '../../domain/access/open-credentials.js';
import { askModel, askWhole } from '../../domain/ask-model.js';
import type { Models } from '../../domain/ports.js';
import { NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { whileAllowed } from '../auth/while-allowed.js';
import { readBody } from '../errors/schema-failure.js';
import { MODELS } from '../tokens.js';
import { FoldedAnswer } from './chat-completion.view.js';
import { embeddingsView } from './embeddings.view.js';
import { modelList, modelView } from './model-list.view.js';
import {
  type ChatCompletionBody,
  chatCompletionSchema,
  type EmbeddingsBody,
  embeddingsSchema,
} from './openai.schemas.js';
import { streamAnswer } from './stream-answer.js';
import { toChatRequest } from './to-chat-request.js';

const openAiPath = 'openai/v1';
const chatPath = 'chat/completions';
export const chatUrl = `/${openAiPath}/${chatPath}`;

/** OpenAI's API in front of every provider: the official clients work with another base address and key. */
@ApiTags('openai')
@ApiBearerAuth()
@Controller(openAiPath)
export class OpenAiController {
  constructor(
    @Inject(MODELS) private readonly models: Models,
    private readonly credentials: OpenCredentials,
  ) {}

  /** Served directly, without Nest's way to it, which would read the body itself. */
  @Post(chatPath)
  @Requires('models:call')
  @NotAudited('every call of a model is in the ledger of usage')
  @HttpCode(200)
  @ApiOperation({ summary: "OpenAI's chat completions; the model is a route, provider/model, or a model" })
  async chat(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Body({ schema: chatCompletionSchema }) body: ChatCompletionBody = readBody(chatCompletionSchema, request.body),
  ): Promise<void> {
    const { tenantId, apiKeyId, headers } = request;
    const key = headers['idempotency-key'];
    const id = randomUUID();
    const idempotencyKey = `openai/${apiKeyId}/${typeof key === 'string' ? key.slice(0, 200) : id}`;
    const asked = toChatRequest(body, { tenantId, apiKeyId, idempotencyKey });
    const head = { id: `chatcmpl-${id}`, created: Math.floor(Date.now() / 1000), model: body.model };
    const gone = new AbortController();
    // Aborting makes an error with a stack, which an answer that went well has no use for.
    reply.raw.once('close', () => reply.raw.writableFinished || gone.abort());
    // The rest is the model's time.
    request.visit?.leave(true);
    if (body.stream) {
      const parts = askModel(this.models, asked, gone.signal);
      const withUsage = body.stream_options?.include_usage ?? false;
      return streamAnswer(reply, parts, head, withUsage, (end) =>
        whileAllowed(this.credentials, request, (reason) => {
          end(reason);
          gone.abort();
        }),
      );
    }
    const answer = new FoldedAnswer();
    for (const part of await askWhole(this.models, asked, gone.signal)) answer.add(part);
    void reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.view(head)));
  }

  @Post('embeddings')
  @Requires('models:call')
  @NotAudited('every call of a model is in the ledger of usage')
  @HttpCode(200)
  @ApiOperation({ summary: "OpenAI's embeddings; the model is a route, provider/model, or a model" })
  async embed(
    @Req() { tenantId, apiKeyId, visit }: FastifyRequest,
    @Body({ schema: embeddingsSchema }) body: EmbeddingsBody,
  ) {
    const { model, input, dimensions, encoding_format } = body;
    const request = EmbedRequest.fromPartial({
      tenantId,
      apiKeyId,
      model: { provider: '', model },
      texts: [input].flat(),
      dimensions: dimensions ?? 0,
    });
    visit?.leave(true);
    return embeddingsView(await this.models.embed(request), model, encoding_format === 'base64');
  }

  @Get('models')
  @Requires('models:call')
  @ApiOperation({ summary: 'Every route and every model that can be asked' })
  async list(@Req() { tenantId }: FastifyRequest) {
    return modelList(await this.models.listModels({ tenantId }));
  }

  /** Names hold slashes, so the rest of the path is the name. */
  @Get('models/*')
  @Requires('models:call')
  @ApiOperation({ summary: 'One route or model' })
  async get(@Req() { tenantId }: FastifyRequest, @Param('*') name: string) {
    const { data } = modelList(await this.models.listModels({ tenantId }));
    const found = data.find(({ id }) => id === name);
    if (!found)
      throw FailureError.of('model_not_found', `There is no model "${name.slice(0, 200)}".`, { field: 'model' });
    return modelView(found.id, found.owned_by);
  }
}
