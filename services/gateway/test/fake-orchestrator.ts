import type * as contracts from '@treadle/contracts';
import {
  type JournalEntry,
  type Run,
  runEventsSubject,
  type StartRunRequest,
  type StartRunResponse,
} from '@treadle/contracts';
import { isTerminal, type RunEvent, type RunStatus } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';
import { catalog } from '@treadle/nodes';
import { compile, type WorkflowDocument } from '@treadle/workflow';
import type { Continuations, Runs, Workflows } from '../src/domain/ports.js';

interface StoredWorkflow {
  readonly workflow: contracts.Workflow;
  readonly versions: { readonly source: contracts.WorkflowSource; published: boolean }[];
}

/** A run whose events the spec writes itself. */
export class FakeRun {
  readonly entries: JournalEntry[] = [];
  status: RunStatus = 'running';
  sequence = 0;
  outputsJson = '';
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly id: string,
    readonly request: StartRunRequest,
    private readonly bus: MessageBus,
  ) {}

  /** Commits one decision and announces it, unless the announcement is to be lost. */
  commit(events: readonly RunEvent[], announced = true): JournalEntry {
    const entry = {
      runId: this.id,
      firstSequence: this.sequence + 1,
      atUnixMs: 1_700_000_000_000,
      eventsJson: JSON.stringify(events),
    };
    this.sequence += events.length;
    this.entries.push(entry);
    for (const event of events) this.note(event);
    if (announced) this.announce(entry);
    if (isTerminal(this.status)) for (const done of this.waiting) done();
    return entry;
  }

  announce(entry: JournalEntry): void {
    this.bus.publish(runEventsSubject(this.id), entry);
  }

  async ended(): Promise<void> {
    if (isTerminal(this.status)) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  view(): Run {
    return {
      id: this.id,
      workflowId: this.request.workflowId,
      version: this.request.version || 1,
      status: this.status,
      inputsJson: this.request.inputsJson,
      outputsJson: this.outputsJson,
      failureJson: '',
      createdUnixMs: 1_700_000_000_000,
      finishedUnixMs: isTerminal(this.status) ? 1_700_000_001_000 : 0,
      inputTokens: 0,
      outputTokens: 0,
      lastSequence: this.sequence,
      conversationId: '',
      user: this.request.user,
      nodeRuns: [],
      workflowName: '',
      origin: undefined,
      continuations: [],
    };
  }

  private note(event: RunEvent): void {
    if (event.type === 'run-completed') this.outputsJson = JSON.stringify(event.outputs);
    if (event.type === 'run-completed') this.status = 'completed';
    if (event.type === 'run-failed') this.status = 'failed';
    if (event.type === 'run-cancelled') this.status = 'cancelled';
  }
}

/** The orchestrator's two services in memory: it keeps what it is given and decides nothing. */
export class FakeOrchestrator {
  readonly runs = new Map<string, FakeRun>();
  readonly stored = new Map<string, StoredWorkflow>();
  /** Called with every new run, before its start is answered. */
  onStart: (run: FakeRun) => void = () => undefined;
  /** Thrown by the next starts: at once, or after the start was accepted. */
  failStart: { readonly when: 'before' | 'after'; readonly error: Error } | undefined;
  readonly listed: contracts.ListRunsRequest[] = [];
  private readonly keys = new Map<string, { run: FakeRun; hash: string }>();

  constructor(private readonly bus: MessageBus) {}

  readonly runService: Runs = {
    startRun: (request) => this.start(request),
    getRun: async ({ runId }) => ({ run: this.run(runId).view() }),
    listRuns: async (request) => {
      this.listed.push(request);
      return { runs: [...this.runs.values()].map((run) => run.view()), nextCursor: 'next' };
    },
    readJournal: async ({ runId, afterSequence, limit }) => {
      const run = this.run(runId);
      return {
        entries: run.entries.filter((entry) => entry.firstSequence > afterSequence).slice(0, limit || undefined),
        ended: isTerminal(run.status),
      };
    },
    cancelRun: async ({ runId, reason }) => {
      const run = this.run(runId);
      const cancelled = !isTerminal(run.status);
      if (cancelled) run.commit([{ type: 'run-cancelled', reason }]);
      return { run: run.view(), cancelled };
    },
    forgetStartKey: async ({ idempotencyKey }) => {
      this.keys.delete(idempotencyKey);
      return {};
    },
  };

  /** Requests to continue runs, as they came. */
  readonly continued: (contracts.ResumeRunRequest | contracts.RerunRunRequest)[] = [];
  readonly continuationService: Continuations = {
    resumeRun: (request) => this.continue(request),
    rerunRun: (request) => this.continue(request),
  };

  readonly workflowService: Workflows = {
    createWorkflow: async ({ source, name }) => {
      const id = `wf${this.stored.size + 1}`;
      return this.store(id, { versions: [], workflow: workflowOf(id, name || documentOf(source).name) }, source);
    },
    updateWorkflow: async ({ workflowId, source }) => this.store(workflowId, this.workflow(workflowId), source),
    publishWorkflow: async ({ workflowId, version }) => {
      const { workflow, versions } = this.workflow(workflowId);
      const published = version || versions.length;
      versions[published - 1]!.published = true;
      const changed = { ...workflow, publishedVersion: published };
      this.stored.set(workflowId, { workflow: changed, versions });
      return { workflow: changed, webhooks: [] };
    },
    getWorkflow: async ({ workflowId, version }) => {
      const { workflow, versions } = this.workflow(workflowId);
      const number = version || versions.length;
      const found = versions[number - 1];
      if (!found) throw FailureError.of('not_found', `There is no version ${number}.`, { field: 'version' });
      return { workflow, version: { version: number, createdUnixMs: 1, ...found } };
    },
    listWorkflows: async () => ({
      workflows: [...this.stored.values()].map(({ workflow }) => workflow),
      nextCursor: '',
    }),
    listWorkflowVersions: async ({ workflowId }) => ({
      versions: this.workflow(workflowId)
        .versions.map(({ published }, index) => ({
          version: index + 1,
          published,
          createdUnixMs: 1,
          source: undefined,
        }))
        .reverse(),
    }),
  };

  run(id: string): FakeRun {
    const run = this.runs.get(id);
    if (!run) throw FailureError.of('not_found', `There is no run ${id}.`, { field: 'run_id' });
    return run;
  }

  /** Begins a run of the same workflow. */
  private continue(request: contracts.ResumeRunRequest): AsyncIterable<StartRunResponse> {
    this.continued.push(request);
    const { idempotencyKey, requestHash, wait, inputsJson } = request;
    const origin = this.run(request.runId);
    if (!isTerminal(origin.status)) throw FailureError.of('resume_refused', 'Cancel it first.');
    return this.start({ ...origin.request, idempotencyKey, requestHash, wait, inputsJson });
  }

  private async *start(request: StartRunRequest): AsyncIterable<StartRunResponse> {
    const { failStart } = this;
    if (failStart?.when === 'before') throw failStart.error;
    this.workflow(request.workflowId);
    const key = request.idempotencyKey && this.keys.get(request.idempotencyKey);
    if (key && key.hash !== request.requestHash) throw FailureError.of('idempotency_key_reused', 'Use a new key.');
    const run = key ? key.run : new FakeRun(`run${this.runs.size + 1}`, request, this.bus);
    this.runs.set(run.id, run);
    if (request.idempotencyKey) this.keys.set(request.idempotencyKey, { run, hash: request.requestHash });
    if (!key) this.onStart(run);
    yield { run: run.view(), repeatedStart: Boolean(key) };
    if (failStart) throw failStart.error;
    if (!request.wait || isTerminal(run.status)) return;
    await run.ended();
    yield { run: run.view(), repeatedStart: Boolean(key) };
  }

  private workflow(id: string): StoredWorkflow {
    const workflow = this.stored.get(id);
    if (!workflow) throw FailureError.of('not_found', `There is no workflow ${id}.`, { field: 'workflow_id' });
    return workflow;
  }

  private store(id: string, { workflow, versions }: StoredWorkflow, source: contracts.WorkflowSource | undefined) {
    if (!source) throw new Error('no source');
    const { diagnostics } = compile(documentOf(source), catalog, { tolerant: source.format === 'dify' });
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const [first] = errors;
    if (first && source.format === 'treadle') {
      const { message, field } = first;
      throw FailureError.of('invalid_document', message, { field, details: { diagnostics: errors } });
    }
    versions.push({ source, published: false });
    const changed = { ...workflow, latestVersion: versions.length };
    this.stored.set(id, { workflow: changed, versions });
    return { workflow: changed, warningsJson: source.warningsJson };
  }
}

function documentOf(source: contracts.WorkflowSource | undefined): WorkflowDocument {
  return JSON.parse(source?.documentJson ?? '{}') as WorkflowDocument;
}

function workflowOf(id: string, name: string): contracts.Workflow {
  return { id, name, description: '', latestVersion: 0, publishedVersion: 0, createdUnixMs: 1, updatedUnixMs: 1 };
}
