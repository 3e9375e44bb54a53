import { Controller, Delete, Get, Post, Put, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { appOf } from './app.js';
import { difyErrorSchema } from './dify.schemas.js';
import { type DifyCode, difyFailure } from './dify-error.js';

/** What Dify offers and nothing here does. Clients are told so, and not that the route is missing. */
@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 400, standardSchema: difyErrorSchema, description: 'It is not offered.' })
@Controller('v1')
export class DifyUnsupportedController {
  @Post('audio-to-text')
  @Requires('runs:start', 'the app of the key')
  @NotAudited('it is refused')
  @ApiOperation({ summary: 'Not offered: no model here reads speech' })
  audioToText(@Req() http: FastifyRequest): never {
    return refuse(http, 'provider_not_initialize', 'No model here reads speech. Send the text itself.');
  }

  @Post('text-to-audio')
  @Requires('runs:start', 'the app of the key')
  @NotAudited('it is refused')
  @ApiOperation({ summary: 'Not offered: no model here speaks' })
  textToAudio(@Req() http: FastifyRequest): never {
    return refuse(http, 'provider_not_initialize', 'No model here speaks. Use the text of the answer.');
  }

  @Get('apps/annotations')
  @Requires('conversations:read', 'the app of the key')
  @ApiOperation({ summary: 'Not offered: there are no annotations' })
  listAnnotations(@Req() http: FastifyRequest): never {
    return refuse(http, 'bad_request', noAnnotations);
  }

  @Post('apps/annotations')
  @Requires('conversations:write', 'the app of the key')
  @NotAudited('it is refused')
  @ApiOperation({ summary: 'Not offered: there are no annotations' })
  addAnnotation(@Req() http: FastifyRequest): never {
    return refuse(http, 'bad_request', noAnnotations);
  }

  @Put('apps/annotations/:id')
  @Requires('conversations:write', 'the app of the key')
  @NotAudited('it is refused')
  @ApiOperation({ summary: 'Not offered: there are no annotations' })
  changeAnnotation(@Req() http: FastifyRequest): never {
    return refuse(http, 'bad_request', noAnnotations);
  }

  @Delete('apps/annotations/:id')
  @Requires('conversations:write', 'the app of the key')
  @NotAudited('it is refused')
  @ApiOperation({ summary: 'Not offered: there are no annotations' })
  removeAnnotation(@Req() http: FastifyRequest): never {
    return refuse(http, 'bad_request', noAnnotations);
  }

  @Post('apps/annotation-reply/:action')
  @Requires('conversations:write', 'the app of the key')
  @NotAudited('it is refused')
  @ApiOperation({ summary: 'Not offered: there are no annotations' })
  switchAnnotations(@Req() http: FastifyRequest): never {
    return refuse(http, 'bad_request', noAnnotations);
  }

  @Get('apps/annotation-reply/:action/status/:job')
  @Requires('conversations:read', 'the app of the key')
  @ApiOperation({ summary: 'Not offered: there are no annotations' })
  annotationJob(@Req() http: FastifyRequest): never {
    return refuse(http, 'bad_request', noAnnotations);
  }
}

const noAnnotations =
  'Annotations are not offered here. Put fixed answers into a dataset and look them up before the model is asked.';

function refuse(http: FastifyRequest, code: DifyCode, message: string): never {
  appOf(http);
  // Or a client that sends a file would never get to read the answer.
  http.raw.resume();
  throw difyFailure(code, message);
}
