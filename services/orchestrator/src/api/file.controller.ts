import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { FileServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { Files } from '../domain/files/files.js';

/** Uploaded files over gRPC, or called directly in standalone. */
@Controller()
export class FileController implements Handlers<typeof FileServiceService> {
  constructor(private readonly files: Files) {}

  async registerFile({ tenantId, file }: contracts.RegisterFileRequest): Promise<contracts.RegisterFileResponse> {
    return { file: await this.files.register(tenantId, file) };
  }

  async getFile({ tenantId, fileId, user }: contracts.GetFileRequest): Promise<contracts.GetFileResponse> {
    return { file: await this.files.get(tenantId, fileId, user) };
  }

  async deleteFile({ tenantId, fileId }: contracts.DeleteFileRequest): Promise<contracts.DeleteFileResponse> {
    await this.files.delete(tenantId, fileId);
    return {};
  }
}
