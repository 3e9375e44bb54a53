import '@fastify/multipart';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { Uploads } from '../../domain/uploads.js';
import { NotAudited } from '../audit/audited.js';
import { Requires, routeConfig } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { uploadedFilesSchema } from './file.schemas.js';
import { fileView } from './file.view.js';

/** Most files of one request. */
export const maxFiles = 20;

@ApiTags('files')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/files')
export class UploadController {
  constructor(private readonly uploads: Uploads) {}

  @Post()
  @Requires('files:write', 'nothing there')
  @NotAudited('adds a file of its own, which names its owner')
  @routeConfig({ uploads: true, load: 'batch' })
  @HttpCode(201)
  @ApiOperation({
    summary: 'Upload files',
    description:
      'All of them or none. What a file is, is found from its content; a name that claims something else is refused. Give a file to a run as `{"file_id": "<id>"}`.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      properties: { file: { type: 'array', items: { type: 'string', format: 'binary' }, maxItems: maxFiles } },
      required: ['file'],
    },
  })
  @ApiResponse({ status: 201, standardSchema: uploadedFilesSchema })
  async upload(@Req() request: FastifyRequest) {
    if (!request.isMultipart()) {
      throw FailureError.of('unsupported_media_type', 'Send the files as multipart/form-data.', {
        field: 'Content-Type',
      });
    }
    const taken: File[] = [];
    try {
      for await (const part of ofForm(request.files())) {
        if (taken.length === maxFiles) throw tooMany();
        taken.push(
          await this.uploads.take(request.tenantId, {
            name: part.filename,
            content: ofForm(part.file as AsyncIterable<Uint8Array>),
          }),
        );
      }
      if (taken.length === 0)
        throw FailureError.of('invalid_argument', 'There is no file in the form.', { field: 'file' });
      return { items: taken.map(fileView) };
    } catch (error) {
      // What is left is read and dropped, or the caller would never get to read the answer.
      request.raw.resume();
      await this.uploads.discard(request.tenantId, taken);
      throw error;
    }
  }
}

/** What goes wrong while the form is read is the form's mistake, or its sender has gone. */
export async function* ofForm<T>(source: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* source;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw FailureError.of(
      'invalid_argument',
      `The form cannot be read: ${reason}.`,
      { field: 'body' },
      { cause: error },
    );
  }
}

function tooMany(): FailureError {
  return FailureError.of('limit_exceeded', `The form has more than ${maxFiles} files. Send them in several requests.`, {
    field: 'file',
  });
}
