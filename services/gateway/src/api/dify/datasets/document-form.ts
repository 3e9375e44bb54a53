import '@fastify/multipart';
import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Uploads } from '../../../domain/uploads.js';
import { readBody } from '../../errors/schema-failure.js';
import { ofForm } from '../../files/upload.controller.js';
import { readJson } from '../../server/read-json.js';
import { difyFailure } from '../dify-error.js';
import { type FileData, fileDataSchema } from './document.schemas.js';

/** A form with a document: its file, already taken in, and what `data` says of it. */
export interface DocumentForm {
  readonly file: File | undefined;
  readonly data: FileData;
}

/** Reads a form and does something with it. The file is kept only if that succeeds. */
export async function withForm<T>(
  request: FastifyRequest,
  uploads: Uploads,
  use: (form: DocumentForm) => Promise<T>,
): Promise<T> {
  if (!request.isMultipart())
    throw FailureError.of('unsupported_media_type', 'Send the file as multipart/form-data.', { field: 'Content-Type' });
  const taken: File[] = [];
  try {
    const data = await readForm(request, uploads, taken);
    return await use({ file: taken[0], data });
  } catch (error) {
    // What is left is read and dropped, or the caller would never get to read the answer.
    request.raw.resume();
    await uploads.discard(request.tenantId, taken);
    throw error;
  }
}

async function readForm(request: FastifyRequest, uploads: Uploads, taken: File[]): Promise<FileData> {
  let data: unknown = {};
  for await (const part of ofForm(request.parts())) {
    if (part.type === 'field') {
      if (part.fieldname === 'data') data = parsed(String(part.value));
    } else if (taken.length > 0)
      throw difyFailure('too_many_files', 'A document is one file. Send one at a time.', 'file');
    else if (!part.filename)
      throw difyFailure('filename_not_exists_error', 'The file has no name. Give it one.', 'file');
    else
      taken.push(
        await uploads.take(request.tenantId, {
          name: part.filename,
          content: ofForm(part.file as AsyncIterable<Uint8Array>),
        }),
      );
  }
  return readBody(fileDataSchema, data);
}

function parsed(text: string): unknown {
  try {
    return readJson(text);
  } catch {
    throw difyFailure('invalid_param', '"data" is not JSON that is taken here.', 'data');
  }
}
