import type { Task } from '@treadle/contracts';
import type { DocumentReader } from '@treadle/documents';
import type { FileStore } from '@treadle/files';
import type { TenantHttp } from '@treadle/guarded-http';
import type { Capabilities, CodeQuestion } from '@treadle/nodes';
import type { Blocked, Sandbox } from '@treadle/sandbox';
import type { TemplateRenderer } from '@treadle/templates';
import type { CapabilitySource } from '../domain/capability-source.js';
import { effectKey } from '../domain/effect-key.js';
import type { TaskLog } from '../domain/execute-task.js';
import { GrpcKnowledge, type KnowledgeService } from './grpc-knowledge.js';
import { GrpcModels, type ModelService } from './grpc-models.js';
import { GrpcTools, type ToolService } from './grpc-tools.js';
import { StoredFiles } from './stored-files.js';

/** Capabilities served by the platform's other services, its file store, the guarded way out and the sandbox of this executor. */
export class ServiceCapabilities implements CapabilitySource {
  constructor(
    private readonly models: ModelService,
    private readonly tools: ToolService,
    private readonly knowledge: KnowledgeService,
    private readonly http: TenantHttp,
    private readonly files: FileStore,
    private readonly sandbox: Sandbox,
    private readonly documents: DocumentReader,
    private readonly templates: TemplateRenderer,
    private readonly log: Pick<TaskLog, 'warn'>,
  ) {}

  forTask(task: Task, signal: AbortSignal): Capabilities {
    const { tenantId, runId } = task;
    const files = new StoredFiles(this.files, { tenantId, runId, effectKey: effectKey(task) });
    return {
      code: {
        run: (question) =>
          this.sandbox.run(tenantId, question, signal, (blocked) => this.tell(task, question, blocked)),
      },
      documents: {
        text: async (question) => (await this.documents.read(tenantId, question, signal)).text,
      },
      knowledge: new GrpcKnowledge(this.knowledge, task, signal),
      models: new GrpcModels(this.models, task, signal),
      http: this.http.of(tenantId).forSignal(signal),
      files,
      templates: { render: (template, variables) => this.templates.render(template, variables, signal) },
      tools: new GrpcTools(this.tools, task, files, signal),
    };
  }

  /** Code that tries to get out leaves a line, also where it hides what came of it. */
  private tell({ tenantId, workflowId, runId, nodeKey, attempt }: Task, { language }: CodeQuestion, blocked: Blocked) {
    const facts = { tenantId, workflowId, runId, nodeKey, attempt, language, ...blocked };
    this.log.warn(facts, 'Code of a user was kept from what it may not do or take.');
  }
}
