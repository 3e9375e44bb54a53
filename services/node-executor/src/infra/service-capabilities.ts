import type { Task } from '@treadle/contracts';
import type { FileStore } from '@treadle/files';
import type { Capabilities } from '@treadle/nodes';
import type { CapabilitySource } from '../domain/capability-source.js';
import { GrpcModels, type ModelService } from './grpc-models.js';
import type { GuardedHttp } from './guarded-http.js';
import { StoredFiles } from './stored-files.js';

/** Capabilities served by the platform's other services, by its file store and by the guarded way out. */
export class ServiceCapabilities implements CapabilitySource {
  constructor(
    private readonly models: ModelService,
    private readonly http: GuardedHttp,
    private readonly files: FileStore,
  ) {}

  forTask(task: Task, signal: AbortSignal): Capabilities {
    return {
      models: new GrpcModels(this.models, task, signal),
      http: this.http.forSignal(signal),
      files: new StoredFiles(this.files, task.tenantId),
    };
  }
}
