import { FailureError } from '@treadle/failure';

/** A tool's own memory of its failures. */
interface Memory {
  failuresInRow: number;
  /** Milliseconds since the epoch; 0 while calls are let through. */
  closedAgainAt: number;
}

/**
 * Keeps calls away from tools that fail, in this process. There is no harmless call to look with whether a tool is back, so after the pause the
 * next call is let through as a trial: it closes the breaker or begins another pause.
 */
export class ToolBreakers {
  private readonly memories = new Map<string, Memory>();

  constructor(
    private readonly pauseMs: number,
    private readonly now: () => number,
  ) {}

  /** @throws FailureError `tool_unavailable` while calls are kept away. */
  check(tool: string, shownName: string): void {
    const memory = this.memories.get(tool);
    if (!memory || memory.closedAgainAt === 0) return;
    const waitMs = memory.closedAgainAt - this.now();
    if (waitMs <= 0) {
      // This call is the trial; the others wait for what becomes of it.
      memory.closedAgainAt = this.now() + this.pauseMs;
      return;
    }
    throw FailureError.of(
      'tool_unavailable',
      `The tool ${shownName} failed ${memory.failuresInRow} times in a row and is left alone for a moment. Try again later, and look at its server if this goes on.`,
      { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
    );
  }

  succeeded(tool: string): void {
    this.memories.delete(tool);
  }

  /** `limit`: failures in a row after which calls are kept away; 0 for never. */
  failed(tool: string, limit: number): void {
    if (limit === 0) return this.succeeded(tool);
    const memory = this.memories.get(tool) ?? { failuresInRow: 0, closedAgainAt: 0 };
    memory.failuresInRow += 1;
    if (memory.failuresInRow >= limit) memory.closedAgainAt = this.now() + this.pauseMs;
    this.memories.set(tool, memory);
  }
}
