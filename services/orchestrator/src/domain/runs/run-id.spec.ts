import { describe, expect, it } from 'vitest';
import {
  checkedWorkflowId,
  newConversationId,
  newRunId,
  newWorkflowId,
  partitionCount,
  partitionOf,
  partitionOfConversation,
} from './run-id.js';

describe('run ids', () => {
  it('tell their partition', () => {
    for (let partition = 0; partition < partitionCount; partition++) {
      expect(partitionOf(newRunId(partition, Date.now()))).toBe(partition);
    }
  });

  it('share their partition with their conversation', () => {
    expect(partitionOfConversation(newConversationId(63, Date.now()))).toBe(63);
    expect(() => partitionOfConversation('x')).toThrow('There is no conversation x.');
  });

  it('sort by the time they were made', () => {
    const ids = [1, 1_000, 1_700_000_000_000, 1_900_000_000_000].map((now, index) => newRunId(63 - index, now));
    expect([...ids].sort()).toEqual(ids);
  });

  it.each(['', 'x', '0190e1f0-0000-4000-8000-000000000000', '0190e1f0-0000-7fff-8000-000000000000'])(
    'do not exist when they read %j',
    (id) => {
      expect(() => partitionOf(id)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'not_found' }) }),
      );
    },
  );
});

describe('workflow ids', () => {
  it('are recognised, and other texts name no workflow', () => {
    const id = newWorkflowId(1_700_000_000_000);
    expect(checkedWorkflowId(id)).toBe(id);
    expect(() => checkedWorkflowId("'; drop table runs; --")).toThrow('There is no workflow');
  });
});
