import { randomUUID } from 'node:crypto';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { heartbeatSubject } from '@treadle/contracts';
import type { MessageBus } from '@treadle/messaging';
import type { TaskRunner } from '../domain/task-runner.js';

/** A third of the lease that the orchestrator gives a task. */
const everyMs = 5000;
/** Shorter tasks end before anybody could miss them. */
const mentionedAfterMs = 2000;

/** Tells the orchestrators which longer tasks are still worked on here. */
export class HeartbeatPoller implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Names this process, newly at every start. */
  readonly executorId = randomUUID();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: MessageBus,
    private readonly runner: TaskRunner,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.beat(), everyMs);
    this.#timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** Sends one heartbeat; none where nothing runs for long. */
  beat(): void {
    const tasks = this.runner.runningLongerThan(mentionedAfterMs);
    if (tasks.length > 0) this.bus.publish(heartbeatSubject, { executorId: this.executorId, tasks });
  }
}
