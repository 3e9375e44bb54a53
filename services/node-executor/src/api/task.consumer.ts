import { setTimeout as wait } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { taskQueue } from '@treadle/contracts';
import type { MessageBus, Subscription } from '@treadle/messaging';
import type { TaskRunner } from '../domain/task-runner.js';
import type { NodeExecutorConfig } from '../node-executor.config.js';

/** Pulls the tasks of the configured pools for as long as the app lives. */
export class TaskConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #consumers: Subscription[] = [];

  constructor(
    private readonly bus: MessageBus,
    private readonly runner: TaskRunner,
    private readonly config: NodeExecutorConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { pools, concurrency, leaseSeconds } = this.config;
    const options = { concurrency, leaseMs: leaseSeconds * 1000 };
    for (const pool of pools) {
      this.#consumers.push(await this.bus.consume(taskQueue(pool), options, (delivery) => this.runner.run(delivery)));
    }
  }

  /**
   * Stops taking, lets running tasks end within the grace, then hands back what is left. It does so in Nest's first phase of
   * shutting down, while whoever takes the results in the same process still listens.
   */
  async onModuleDestroy(): Promise<void> {
    this.runner.drain();
    const closed = Promise.all(this.#consumers.splice(0).map((consumer) => consumer.close()));
    await Promise.race([closed, wait(this.config.shutdownGraceSeconds * 1000, undefined, { ref: false })]);
    this.runner.handBack();
    await closed;
  }
}
