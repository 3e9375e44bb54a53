import { type Result, resultSubject, type Task, Verdict } from '@treadle/contracts';
import { type Input, nodeStateAt, type RunState } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';
import {
  type Commit,
  LiveRuns,
  type LiveRunsOptions,
  type RunJournal,
  type StartKeys,
} from '@treadle/orchestrator/parts';
import type { Tampering } from './tampering.js';

/** The honest part, with some of its methods replaced. */
function altered<Part extends object>(honest: Part, changes: Partial<Part>): Part {
  return Object.assign(Object.create(honest) as Part, changes);
}

type Append = RunJournal['append'];

/** A journal whose `append` does something else; `append` is the honest one. */
const appending = (instead: (commit: Commit, append: Append) => ReturnType<Append>): Tampering => ({
  journal: (honest) => altered(honest, { append: (commit) => instead(commit, (same) => honest.append(same)) }),
});

/** A bus on which the owner of a partition takes results in another way; `take` is the honest one. */
const takingResults = (
  instead: (result: Result, take: (result: Result) => Promise<unknown>, runs: LiveRuns) => Promise<unknown>,
): Tampering => ({
  bus: (honest, runs) => {
    const prefix = resultSubject(0).name.slice(0, -1);
    const respond = (subject: { name: string }, handler: (question: unknown) => Promise<unknown>) =>
      honest.respond(
        subject as Parameters<MessageBus['respond']>[0],
        subject.name.startsWith(prefix) ? (result) => instead(result as Result, handler, runs()) : handler,
      );
    return altered(honest, { respond: respond as MessageBus['respond'] });
  },
});

const withRuns = (Runs: new (options: LiveRunsOptions) => LiveRuns): Tampering => ({
  liveRuns: (options) => new Runs(options),
});

const isUnavailable = (error: unknown) => error instanceof FailureError && error.failure.code === 'unavailable';

class ForgetsUnknownOutcomes extends LiveRuns {
  override left(...[run]: Parameters<LiveRuns['left']>): void {
    super.left(run, false);
  }

  override distrust(): void {}
}

class AcceptsBeforeCommit extends LiveRuns {
  override async start(...start: Parameters<LiveRuns['start']>) {
    const committed = super.start(...start);
    const run = this.peek(start[0].id);
    committed.catch(() => undefined);
    return run ? { run } : committed;
  }
}

class NeverWakes extends LiveRuns {
  override async wakeParked(): Promise<number> {
    return 0;
  }
}

class KeepsPausedRuns extends LiveRuns {
  override left(...[run, lost]: Parameters<LiveRuns['left']>): void {
    if (run.state.status !== 'paused') super.left(run, lost);
  }
}

class NeverRecovers extends LiveRuns {
  override async recover(): Promise<number> {
    return 0;
  }
}

class ClaimsEveryCancel extends LiveRuns {
  override async give(runId: string, input: Input): Promise<boolean> {
    const accepted = await super.give(runId, input);
    return accepted || input.type === 'cancel';
  }
}

class RemembersOnePlan extends LiveRuns {
  constructor(options: LiveRunsOptions) {
    let first: ReturnType<LiveRunsOptions['plans']['plan']> | undefined;
    super({ ...options, plans: { plan: (id) => (first ??= options.plans.plan(id)) } });
  }
}

class AnnouncesBeforeCommit extends LiveRuns {
  constructor(options: LiveRunsOptions) {
    const { journal, effects } = options;
    const append: Append = (commit) => {
      effects.announce(commit);
      return journal.append(commit);
    };
    super({ ...options, journal: altered(journal, { append }) });
  }
}

class TrustsReceipts extends LiveRuns {
  override committed(...[run, commit, commands, offers]: Parameters<LiveRuns['committed']>): void {
    super.committed(run, commit, commands, offers);
    for (const { next } of offers)
      if (next) run.leases.set(next.nodeKey, { fence: next.fence, heardAt: Number.POSITIVE_INFINITY });
  }
}

/** A mistake that somebody could make, and where it takes hold. */
export interface PlantedBug {
  readonly what: string;
  readonly tampering: Tampering;
}

/** By name. The checker has to find all of them but one. */
export const plantedBugs: Readonly<Record<string, PlantedBug>> = {
  'fence-ignored': {
    what: 'the journal writes whatever the fence',
    tampering: {
      tables: (honest) =>
        altered<RunJournal>(honest, {
          append: (commit) => honest.append({ ...commit, fence: honest.fences.get(commit.partition) ?? 0 }),
        }),
    },
  },
  'takeover-under-the-old-fence': {
    what: 'a partition that changes hands keeps its fence',
    tampering: {
      leases: (honest, fences) =>
        altered(honest, {
          acquire: async (...wanted) => {
            const taken = await honest.acquire(...wanted);
            for (const [partition, fence] of taken) fences.set(partition, Math.max(1, fence - 1));
            return new Map([...taken.keys()].map((partition) => [partition, fences.get(partition) ?? 1]));
          },
        }),
    },
  },
  'refusal-ignored': {
    what: 'a refused commit is followed up as if it had been written',
    tampering: appending(async (commit, append) => {
      await append(commit);
      return 'written' as const;
    }),
  },
  'unknown-outcome-taken-for-success': {
    what: 'a commit whose answer is lost counts as written',
    tampering: appending((commit, append) =>
      append(commit).catch((error: unknown) => {
        if (isUnavailable(error)) return 'written' as const;
        throw error;
      }),
    ),
  },
  'unknown-outcome-never-read-again': {
    what: 'a run whose commit may have been written is not read again',
    tampering: withRuns(ForgetsUnknownOutcomes),
  },
  'refused-retry-taken-for-own-write': {
    what: 'a commit is tried again, and a refusal then is taken for the first try having been written',
    tampering: appending((commit, append) =>
      append(commit).catch(async (error: unknown) => {
        if (!isUnavailable(error)) throw error;
        await append(commit);
        return 'written' as const;
      }),
    ),
  },
  'result-acknowledged-before-commit': {
    what: 'the executor gets its receipt when the result arrives',
    tampering: takingResults(async (result, take) => {
      take(result).catch(() => undefined);
      return { verdict: Verdict.VERDICT_COMMITTED };
    }),
  },
  'announced-before-commit': {
    what: 'whoever watches a run hears of a decision that is not committed yet',
    tampering: withRuns(AnnouncesBeforeCommit),
  },
  'start-accepted-before-commit': {
    what: 'the caller gets the id of its run before the start is committed',
    tampering: withRuns(AcceptsBeforeCommit),
  },
  'start-key-not-claimed': {
    what: 'the journal does not look at start keys',
    tampering: {
      tables: (honest) =>
        altered<RunJournal>(honest, {
          append: ({ start, ...commit }) =>
            honest.append({ ...commit, ...(start ? { start: { facts: start.facts } } : {}) }),
        }),
    },
  },
  'start-key-not-looked-up': {
    what: 'a repeated start does not look for the run that its key began',
    tampering: { keys: (honest) => altered<StartKeys>(honest, { find: async () => undefined }) },
  },
  'old-attempt-accepted': {
    what: 'a late result counts for the present attempt, whichever it names and whoever brings it',
    tampering: takingResults((result, take, runs) => {
      const node = nodeStateIn(runs.peek(result.runId)?.state, result.nodeKey);
      return take({ ...result, attempt: node?.attempt ?? result.attempt, fence: Number.MAX_SAFE_INTEGER });
    }),
  },
  'lost-task-never-sent-again': {
    what: 'nobody sends a task again that got lost',
    tampering: {
      timers: (honest, runs) =>
        altered(honest, {
          reconcile: async () => {
            await runs.recover();
            await runs.wakeParked(100);
          },
        }),
    },
  },
  'task-of-a-receipt-never-sent-again': {
    what: 'a task that went along with a receipt counts as worked on for ever',
    tampering: withRuns(TrustsReceipts),
  },
  'retry-never-begun': {
    what: 'nobody gives a running run the moments it waits for',
    tampering: { timers: (honest) => altered(honest, { wakeDue: () => undefined }) },
  },
  'paused-run-never-woken': {
    what: 'nobody wakes a paused run when its moment has come',
    tampering: withRuns(NeverWakes),
  },
  'paused-run-kept-in-memory': {
    what: 'a run that pauses stays where it is',
    tampering: withRuns(KeepsPausedRuns),
  },
  'takeover-without-recovery': {
    what: 'a new owner does not read the runs of its partitions',
    tampering: withRuns(NeverRecovers),
  },
  'result-sent-to-another-partition': {
    what: 'tasks name the wrong partition to answer to',
    tampering: {
      bus: (honest) => {
        const enqueue = (queue: never, key: string, task: Task) =>
          honest.enqueue<Task>(queue, key, { ...task, partition: (task.partition + 1) % 64 });
        return altered(honest, { enqueue: enqueue as MessageBus['enqueue'] });
      },
    },
  },
  'turn-begun-too-early': {
    what: 'a turn of a conversation does not wait for the one before it',
    tampering: {
      conversations: (honest) =>
        altered(honest, { outlook: async (...turn) => ({ ...(await honest.outlook(...turn)), isBlocked: false }) }),
    },
  },
  'cancel-claimed-when-late': {
    what: 'a cancel is said to have won though the run had ended',
    tampering: withRuns(ClaimsEveryCancel),
  },
  'plan-of-another-workflow': {
    what: 'the plans of recovered runs are remembered under too short a key',
    tampering: withRuns(RemembersOnePlan),
  },
};

function nodeStateIn(state: RunState | undefined, key: string) {
  return state && nodeStateAt(state, key);
}
