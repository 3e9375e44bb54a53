import { Controller, Get, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { NotAudited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { difyFailure } from '../dify-error.js';

/** Pipelines of Dify: graphs that fetch and cut documents. There are none here, and whoever asks for one is told. */
@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 400, standardSchema: difyErrorSchema, description: 'That there are none.' })
@Controller('v1/datasets')
export class DifyPipelinesController {
  @Get(':dataset/pipeline/datasource-plugins')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'Not supported' })
  plugins(): never {
    throw noPipelines();
  }

  @Post([':dataset/pipeline/run', ':dataset/pipeline/datasource/nodes/:node/run'])
  @Requires('datasets:write', { dataset: 'dataset' })
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Not supported' })
  run(): never {
    throw noPipelines();
  }

  @Post('pipeline/file-upload')
  @Requires('datasets:write')
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Not supported' })
  upload(): never {
    throw noPipelines();
  }
}

function noPipelines() {
  return difyFailure(
    'bad_request',
    'Pipelines of knowledge are not supported here. Add documents with /datasets/{id}/document/create-by-text or create-by-file.',
  );
}
