import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { DocumentReader } from '@treadle/documents';
import { type FileStore, RunValues } from '@treadle/files';
import { TenantHttp } from '@treadle/guarded-http';
import type { MessageBus } from '@treadle/messaging';
import { findExecutor } from '@treadle/nodes';
import { CodeSandbox } from '@treadle/sandbox';
import { type Metrics } from '@treadle/telemetry';
import { TemplateRenderer } from '@treadle/templates';
import { HeartbeatPoller } from './api/heartbeat.poller.js';
import { RunEndedSubscriber } from './api/run-ended.subscriber.js';
import { TaskConsumer } from './api/task.consumer.js';
import { TextSoFarResponder } from './api/text-so-far.responder.js';
import type { FindExecutor, TaskLog } from './domain/execute-task.js';
import { TaskRunner } from './domain/task-runner.js';
import type { KnowledgeService } from './infra/grpc-knowledge.js';
import type { ModelService } from './infra/grpc-models.js';
import type { ToolService } from './infra/grpc-tools.js';
import { ServiceCapabilities } from './infra/service-capabilities.js';
import type { NodeExecutorConfig } from './node-executor.config.js';
import { taskObserver, watchRunner } from './node-executor-metrics.js';

export interface NodeExecutorOptions {
  readonly config: NodeExecutorConfig;
  /** Belongs to the caller, who closes it after the app. */
  readonly bus: MessageBus;
  /** A gRPC client, or the model service of the same process. */
  readonly models: ModelService;
  /** The same for the tool registry. */
  readonly tools: ToolService;
  readonly knowledge: KnowledgeService;
  /** The same that the orchestrator and the gateway use. */
  readonly files: FileStore;
  /** The behaviour of the node types; every one of the catalogue when absent. */
  readonly findExecutor?: FindExecutor;
  readonly log: TaskLog;
  /** Absent where nobody reads them. */
  readonly metrics?: Metrics;
}

/** Refuses to start without an interpreter it needs, has JavaScript ready before the first code node, and ends the sandbox, the readers and the connections after everybody who may use them. */
class CapabilityLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly http: TenantHttp,
    private readonly sandbox: CodeSandbox,
    private readonly documents: DocumentReader,
    private readonly templates: TemplateRenderer,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sandbox.check();
    await this.sandbox.warm('javascript');
  }

  async onApplicationShutdown(): Promise<void> {
    const { http, sandbox, documents, templates } = this;
    await Promise.all([http, sandbox, documents, templates].map((part) => part.close()));
  }
}

/** The node-executor, as its own process or inside another app. */
@Module({})
export class NodeExecutorModule {
  static register(options: NodeExecutorOptions): DynamicModule {
    return { module: NodeExecutorModule, providers: providers(options) };
  }
}

/** Bytes of the large values that nodes read last, kept in memory for those that read them next. */
const valueCacheBytes = 32 * 1024 * 1024;

function providers({ config, bus, models, tools, knowledge, files, log, ...options }: NodeExecutorOptions): Provider[] {
  const http = new TenantHttp(config.httpAllow, { allowUnverified: config.httpAllowUnverified });
  const sandbox = codeSandbox(config);
  const documents = documentReader(config);
  const templates = new TemplateRenderer(templateCaps);
  const runner = new TaskRunner(bus, {
    findExecutor: options.findExecutor ?? findExecutor,
    capabilities: new ServiceCapabilities(models, tools, knowledge, http, files, sandbox, documents, templates, log),
    values: new RunValues({ store: files, maxBytes: config.maxValueBytes, cacheBytes: valueCacheBytes }),
    log,
    ...(options.metrics && { observe: taskObserver(options.metrics) }),
  });
  if (options.metrics) watchRunner(options.metrics, runner, config.pools.length * config.concurrency);
  return [
    { provide: TaskConsumer, useValue: new TaskConsumer(bus, runner, config) },
    { provide: HeartbeatPoller, useValue: new HeartbeatPoller(bus, runner) },
    { provide: TextSoFarResponder, useValue: new TextSoFarResponder(bus, runner) },
    { provide: RunEndedSubscriber, useValue: new RunEndedSubscriber(bus, runner) },
    { provide: CapabilityLifecycle, useValue: new CapabilityLifecycle(http, sandbox, documents, templates) },
  ];
}

function codeSandbox(config: NodeExecutorConfig): CodeSandbox {
  return new CodeSandbox({
    timeoutSeconds: config.codeTimeoutSeconds,
    memoryBytes: config.codeMemoryMb * 1024 * 1024,
    javascriptThreads: config.codeJavascriptThreads,
    pythonProcesses: config.codePythonProcesses,
    ...(config.codePython === 'cpython' && { cpython: config.codePythonPath }),
  });
}

/** What a template may take; a prompt or a text that needs more is none. */
const templateCaps = { processes: 2, timeoutSeconds: 5, memoryBytes: 256 * 1024 * 1024 };

/** The largest document that is looked at, in bytes, and the most pages of a PDF. */
const documentBytes = 50 * 1024 * 1024;
const documentPages = 2000;

function documentReader(config: NodeExecutorConfig): DocumentReader {
  return new DocumentReader({
    processes: config.documentProcesses,
    timeoutSeconds: config.documentTimeoutSeconds,
    memoryBytes: config.documentMemoryMb * 1024 * 1024,
    mostBytes: documentBytes,
    mostPages: documentPages,
  });
}
