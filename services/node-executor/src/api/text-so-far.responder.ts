import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { textSoFarSubject } from '@treadle/contracts';
import type { MessageBus, Subscription } from '@treadle/messaging';
import type { TaskRunner } from '../domain/task-runner.js';

/** Answers readers that join late with the text that running tasks have shown; silent where none of the run's tasks is here. */
export class TextSoFarResponder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: Subscription | undefined;

  constructor(
    private readonly bus: MessageBus,
    private readonly runner: TaskRunner,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await this.bus.respond(textSoFarSubject, async ({ runId }) => {
      const texts = this.runner.textsOf(runId);
      return texts.length > 0 ? { texts } : undefined;
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close();
  }
}
