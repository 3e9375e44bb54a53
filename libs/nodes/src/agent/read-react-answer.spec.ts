import { aTool } from '@treadle/testing/fake-capabilities';
import { describe, expect, it } from 'vitest';
import type { ModelTool } from './model-tools.js';
import { readReactAnswer } from './read-react-answer.js';

const tool = (name: string, ...names: string[]): ModelTool => ({
  name,
  description: '',
  parameters: { type: 'object', properties: Object.fromEntries(names.map((one) => [one, { type: 'string' }])) },
  fixed: {},
  needsApproval: false,
  described: aTool(name),
});
const tools = [tool('look', 'at'), tool('write', 'to', 'text')];
const read = (said: string) => readReactAnswer(said, tools);
const call = (name: string, given: object) => ({ action: { name, arguments: given } });

describe('a step in words', () => {
  it.each([
    ['Thought: t\nAction: look\nAction Input: {"at": "x"}'],
    ['Thought: t\nAction: `look`\nAction Input: {at: "x"}'],
    ['Thought: t\n**Action:** look\n**Action Input:** ```json\n{"at": "x"}\n```'],
    ['Action: look\nAction Input: x'],
    ['Action: look\nAction Input: "x"\nObservation: made up\nFinal Answer: no'],
    ['Thought: t\nAction:\n```\n{"action": "look", "action_input": {"at": "x"}}\n```'],
    ['Action: {"action": "look", "action_input": "x"}'],
  ])('calls: %j', (said) => {
    expect(read(said)).toMatchObject(call('look', { at: 'x' }));
  });

  it.each([
    ['Final Answer: Blue.'],
    ['Thought: done\nFinal Answer: Blue.'],
    ['Action: {"action": "Final Answer", "action_input": "Blue."}'],
    ['Blue.'],
    ['Thought: Blue.'],
  ])('answers: %j', (said) => {
    expect(read(said)).toMatchObject({ thought: 'Blue.' });
    expect(read(said).action).toBeUndefined();
  });

  it('calls a tool of which nothing is known, or without arguments', () => {
    expect(read('Action: dance\nAction Input: none')).toMatchObject(call('dance', {}));
    expect(read('Action: look')).toMatchObject(call('look', {}));
  });

  it('says what is wrong with words where several arguments are wanted', () => {
    expect(read('Action: write\nAction Input: hello Ann')).toMatchObject({
      action: { arguments: { problem: expect.stringContaining('JSON object') } },
    });
  });
});
