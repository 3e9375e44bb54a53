import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { runEndedSubject } from '@treadle/contracts';
import type { MessageBus, Subscription } from '@treadle/messaging';
import type { TaskRunner } from '../domain/task-runner.js';

/** Stops what is done for a run that has failed or was cancelled, so that nobody pays for an answer that nobody reads. */
export class RunEndedSubscriber implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: Subscription | undefined;

  constructor(
    private readonly bus: MessageBus,
    private readonly runner: TaskRunner,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await this.bus.subscribe(runEndedSubject, ({ runId }) => this.runner.runEnded(runId));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close();
  }
}
