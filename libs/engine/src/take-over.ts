import { isTerminal } from './event.js';
import type { KeptEvent } from './kept-events.js';
import { keyIn } from './key.js';
import type { Step } from './step.js';

/** Rules 19 to 21: takes over what another run has finished, and begins whatever that leaves ready. The entry has begun before. */
export function takeOver(step: Step, kept: readonly KeptEvent[]): void {
  for (const event of kept) step.emit(event.type === 'node-opened' ? withDeadline(step, event) : event);
  pickUp(step);
}

/** A container that is still open gets all of its time again. */
function withDeadline(step: Step, event: Extract<KeptEvent, { type: 'node-opened' }>): KeptEvent {
  const { deadlineAt: _past, ...opened } = event;
  const { timeoutSeconds } = step.nodeOf(event.key).node;
  return timeoutSeconds > 0 ? { ...opened, deadlineAt: step.at + timeoutSeconds * 1000 } : opened;
}

/** Looks at every node that has a state as if it had come to it just now. */
function pickUp(step: Step): void {
  // What begins meanwhile looks after itself.
  const frames = [...step.state.frames].map(([scope, { nodes }]) => ({ scope, nodes: [...nodes] }));
  for (const { scope, nodes } of frames) {
    if (isTerminal(step.state.status)) return;
    const place = step.placeOf(scope);
    if (nodes.length === 0) step.enter(place);
    for (const [id, { status }] of nodes) {
      const key = keyIn(scope, id);
      if (status === 'open') step.turnable(key);
      else if (!step.state.open.has(key)) step.reached(key);
    }
  }
}
