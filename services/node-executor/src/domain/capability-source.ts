import type { Task } from '@treadle/contracts';
import type { Capabilities } from '@treadle/nodes';

/** Gives the capabilities of one execution: in the task's name, ended by its signal. */
export interface CapabilitySource {
  forTask(task: Task, signal: AbortSignal): Capabilities;
}
