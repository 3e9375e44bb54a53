import '@fastify/multipart';
import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Uploads } from '../../domain/uploads.js';
import { ofForm } from '../files/upload.controller.js';
import { missingUser, userField } from './dify.schemas.js';
import { difyFailure } from './dify-error.js';

/** Takes the one file of a form, whose user may be named before it or behind it. */
export class AppUploads {
  constructor(private readonly uploads: Uploads) {}

  /** @throws FailureError Dify's `no_file_uploaded`, `too_many_files`, `filename_not_exists_error`, `file_too_large`, `unsupported_file_type` */
  async take(http: FastifyRequest, tenantId: string): Promise<File> {
    if (!http.isMultipart()) throw difyFailure('no_file_uploaded', 'Send the file as multipart/form-data.');
    const stored: File[] = [];
    try {
      const user = await this.read(http, tenantId, stored);
      const [file] = stored;
      if (!file) throw difyFailure('no_file_uploaded', 'There is no file in the form. Send it as "file".');
      return await this.uploads.register(tenantId, { ...file, user });
    } catch (error) {
      // What is left is read and dropped, or the caller would never get to read the answer.
      http.raw.resume();
      await Promise.all(stored.map((file) => this.uploads.drop(tenantId, file)));
      throw asDify(error);
    }
  }

  /** The user of the form; its file is put among the stored ones as soon as it is. */
  private async read(http: FastifyRequest, tenantId: string, stored: File[]): Promise<string> {
    let user: unknown;
    for await (const part of ofForm(http.parts())) {
      if (part.type === 'field') {
        if (part.fieldname === 'user') user = part.value;
        continue;
      }
      if (stored.length > 0)
        throw difyFailure('too_many_files', 'There is more than one file in the form. Send each alone.');
      if (!part.filename) throw difyFailure('filename_not_exists_error', 'The file has no name. Send one with it.');
      const content = ofForm(part.file as AsyncIterable<Uint8Array>);
      stored.push(await this.uploads.store(tenantId, { name: part.filename, content }));
    }
    const named = userField.safeParse(user);
    if (!named.success) throw difyFailure('invalid_param', missingUser, 'user');
    return named.data;
  }
}

/** An empty file is none. */
function asDify(error: unknown): unknown {
  if (!(error instanceof FailureError) || error.failure.field !== 'file') return error;
  const { code, message, details } = error.failure;
  return code === 'invalid_argument' && details?.['dify'] === undefined
    ? difyFailure('no_file_uploaded', message)
    : error;
}
