import { Delta, type JournalEntry, runDeltasSubject, type Subject, textSoFarSubject } from '@treadle/contracts';
import { type RunEvent, runTextPlan } from '@treadle/engine';
import { failure } from '@treadle/failure';
import { InProcessBus } from '@treadle/messaging';
import { catalog } from '@treadle/nodes';
import { compile, documentSchema, type Json } from '@treadle/workflow';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeRun } from '../../test/fake-orchestrator.js';
import { chatDocument } from '../../test/gateway-under-test.js';
import { parseEventId } from './event-id.js';
import { NativeView } from './native-view.js';
import { RunEventData } from './run-event-data.js';
import { RunStream, type RunVersion, type StreamSink } from './run-stream.js';

const { plan } = compile(documentSchema.parse(chatDocument), catalog);
const version: RunVersion = { text: runTextPlan(plan!, catalog), names: () => undefined };

/** A bus that does to each message what the spec says. */
class UnrulyBus extends InProcessBus {
  fate: 'arrives' | 'lost' | 'twice' | 'late' = 'arrives';
  private held: (() => void)[] = [];

  override publish<T>(subject: Subject<T>, message: T): void {
    const send = () => super.publish(subject, message);
    if (this.fate === 'late') return void this.held.push(send);
    if (this.fate !== 'lost') send();
    if (this.fate === 'twice') send();
    for (const late of this.held.splice(0)) late();
  }
}

/** A client that keeps what the API told it to keep, over any number of connections. */
class Client {
  text = '';
  readonly sequences: number[] = [];
  ended = false;
  private lastId = '';
  private stream: RunStream | undefined;
  private sink: (StreamSink & { open: boolean }) | undefined;

  constructor(
    private readonly bus: UnrulyBus,
    private readonly run: FakeRun,
  ) {}

  async connect(): Promise<void> {
    const { bus, run } = this;
    const readJournal = async ({ afterSequence }: { afterSequence: number }) => ({
      entries: run.entries.filter((entry: JournalEntry) => entry.firstSequence > afterSequence),
      ended: run.status !== 'running',
    });
    const view = new NativeView(new RunEventData(run.id, version.names, async () => ({})), 'r');
    const followed = { tenantId: 't', runId: run.id, version, view };
    const from = this.lastId === '' ? undefined : parseEventId(this.lastId);
    const values = { readBack: async (_tenantId: string, value: Json) => value };
    const stream = new RunStream({ bus, runs: { readJournal }, values }, followed, from);
    await stream.join();
    const sink = {
      open: true,
      write: async (frame: string) => this.take(sink, frame),
      end: () => void (sink.open = false),
    };
    this.stream = stream;
    this.sink = sink;
    void stream.pipe(sink).then(() => stream.close());
  }

  async drop(): Promise<void> {
    if (!this.sink?.open) return;
    this.sink.open = false;
    this.stream?.notify();
    await this.connect();
  }

  private take(sink: { open: boolean }, frame: string): void {
    if (!sink.open || frame.startsWith(':')) return;
    const [type = '', id = '', data = ''] = frame.split('\n').map((line) => line.slice(line.indexOf(': ') + 2));
    this.lastId = id;
    const body = JSON.parse(data) as { sequence: number; offset: number; text: string };
    if (type === 'text-delta') this.text = this.text.slice(0, body.offset) + body.text;
    else this.sequences.push(body.sequence);
    if (/^run-(completed|failed)$/.test(type)) this.ended = true;
  }
}

const fate = fc.constantFrom('arrives', 'lost', 'twice', 'late');
const steps = fc.array(
  fc.record({
    what: fc.constantFrom('say', 'say', 'say', 'retry', 'redelivery', 'drop', 'drop', 'quiet'),
    words: fc.string({ minLength: 1, maxLength: 5 }),
    fate,
  }),
  { maxLength: 40 },
);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything that can happen now happen. */
const settle = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const begin: RunEvent[] = [
  { type: 'run-started', engine: 1, inputs: {}, sys: { query: 'why' }, environment: {}, conversation: {} },
  { type: 'node-completed', key: 'start', outputs: {} },
  { type: 'node-scheduled', key: 'llm', attempt: 1, deadlineAt: 0 },
];

it('gives a client the same text and every event once, whatever the bus does and however often the client drops', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fate, fc.boolean(), async (all, last, succeeds) => {
      const bus = new UnrulyBus();
      const run = new FakeRun('r', { workflowId: 'w', version: 1, inputsJson: '{}', user: '' } as never, bus);
      let attempt = 1;
      let execution = 0;
      let said = '';
      const executor = await bus.respond(textSoFarSubject, async () => ({
        texts: [
          Delta.fromPartial({
            runId: 'r',
            nodeKey: 'llm',
            attempt,
            executionId: `e${execution}`,
            offset: 0,
            text: said,
          }),
        ],
      }));
      run.commit(begin);
      const client = new Client(bus, run);
      await client.connect();
      for (const step of all) {
        bus.fate = step.fate;
        if (step.what === 'say') {
          const delta = {
            runId: 'r',
            nodeKey: 'llm',
            attempt,
            executionId: `e${execution}`,
            offset: said.length,
            text: step.words,
          };
          said += step.words;
          bus.publish(runDeltasSubject('r'), Delta.fromPartial(delta));
        } else if (step.what === 'retry') {
          const retry = { key: 'llm', attempt: attempt + 1 };
          run.commit([{ type: 'node-retry-scheduled', ...retry, dueAt: 0, failure: failure('provider_error', '') }]);
          run.commit([{ type: 'node-scheduled', ...retry, deadlineAt: 0 }]);
          attempt += 1;
        } else if (step.what === 'drop') await client.drop();
        else if (step.what === 'quiet') await vi.advanceTimersByTimeAsync(200);
        if (step.what === 'retry' || step.what === 'redelivery') {
          execution += 1;
          said = '';
        }
        await settle();
      }
      bus.fate = last;
      if (succeeds) {
        run.commit([
          { type: 'node-completed', key: 'llm', attempt, outputs: { text: said }, execution: `e${execution}` },
          { type: 'node-completed', key: 'answer', outputs: {} },
          { type: 'run-completed', outputs: {} },
        ]);
      } else run.commit([{ type: 'run-failed', failure: failure('internal', '') }]);
      for (let turn = 0; turn < 5 && !client.ended; turn += 1) {
        await settle();
        await vi.advanceTimersByTimeAsync(1000);
      }
      expect(client.ended).toBe(true);
      expect(client.text).toBe(succeeds ? `Q why: ${said}!` : 'Q why: ');
      expect(client.sequences).toEqual(Array.from({ length: run.sequence }, (_, index) => index + 1));
      await executor.close();
      await bus.close();
    }),
    { numRuns: 150 },
  );
});
