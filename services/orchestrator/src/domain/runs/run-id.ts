import { randomInt, randomUUID } from 'node:crypto';
import { FailureError } from '@treadle/failure';

/** How many partitions the runs of an installation are hashed onto. Fixed: it is part of every run id. */
export const partitionCount = 64;

/**
 * Makes the id of a run of this partition. Ids sort by time, and anybody can tell from an id alone who owns the run.
 * @param now milliseconds since the epoch
 */
export function newRunId(partition: number, now: number): string {
  return timeOrderedId(now, partition);
}

/** Makes the id of a conversation whose runs are all of this partition, so that one owner puts them in order. */
export function newConversationId(partition: number, now: number): string {
  return timeOrderedId(now, partition);
}

export function newWorkflowId(now: number): string {
  return timeOrderedId(now, randomInt(0x1000));
}

/** A UUID version 7 (RFC 9562) with the twelve bits beside the time given. */
function timeOrderedId(now: number, twelveBits: number): string {
  const time = now.toString(16).padStart(12, '0');
  // Version 4 has its last 62 random bits and its variant in the same places, and Node keeps random bytes in store for those.
  const random = randomUUID().slice(18);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${twelveBits.toString(16).padStart(3, '0')}${random}`;
}

const partitionedId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The partition a run id belongs to. What is not a run id is not found. */
export function partitionOf(runId: string): number {
  const partition = partitionIn(runId);
  if (partition === undefined) throw FailureError.of('not_found', `There is no run ${runId}.`, { field: 'run_id' });
  return partition;
}

/** The partition a conversation's runs belong to. What is not a conversation's id is not found. */
export function partitionOfConversation(id: string): number {
  const partition = partitionIn(id);
  if (partition === undefined) throw noConversation(id);
  return partition;
}

export function noConversation(id: string): FailureError {
  return FailureError.of('not_found', `There is no conversation ${id}.`, { field: 'conversation_id' });
}

function partitionIn(id: string): number | undefined {
  const partition = partitionedId.test(id) ? Number.parseInt(id.slice(15, 18), 16) : partitionCount;
  return partition < partitionCount ? partition : undefined;
}

/** Checks that a text can be a workflow's id. What cannot names no workflow. */
export function checkedWorkflowId(id: string): string {
  if (isWorkflowId(id)) return id;
  throw FailureError.of('not_found', `There is no workflow ${id}.`, { field: 'workflow_id' });
}

export function isWorkflowId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
