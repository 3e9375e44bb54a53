import { answerProblems, type Form, type Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { humanInput } from './human-input.descriptor.js';

const config = humanInput.config.parse({
  form_content: 'Hello {{#a.name#}}: {{#$output.why#}} {{#$output.size#}}',
  inputs: [
    { type: 'paragraph', output_variable_name: 'why', default: { type: 'variable', selector: ['a', 'why'] } },
    { type: 'select', output_variable_name: 'size', option_source: { type: 'constant', value: ['S', 'L'] } },
    { type: 'file-list', output_variable_name: 'files' },
  ],
  user_actions: [
    { id: 'ok', title: 'Fine' },
    { id: 'no', title: '' },
  ],
  timeout: 2,
  timeout_unit: 'day',
});
const values: Record<string, Json> = { 'a.name': 'Ada', 'a.why': 'because' };
const waiting = humanInput.wait(config, (selector) => values[selector.join('.')], 10);
const form = ('form' in waiting ? waiting.form : undefined) as Form;

describe('human-input', () => {
  it('asks with its values filled in, until its time is over', () => {
    expect(waiting).toEqual({
      dueAt: 10 + 2 * 86_400_000,
      form: {
        content: 'Hello Ada: {{#$output.why#}} {{#$output.size#}}',
        fields: [
          { name: 'why', type: 'paragraph', default: 'because' },
          { name: 'size', type: 'select', options: ['S', 'L'] },
          { name: 'files', type: 'file-list' },
        ],
        actions: [
          { id: 'ok', title: 'Fine' },
          { id: 'no', title: 'no' },
        ],
      },
    });
  });

  it('goes on by the action taken, with what was written', () => {
    expect(humanInput.answered?.(config, form, { action: 'ok', values: { size: 'L' } })).toEqual({
      handle: 'ok',
      outputs: {
        why: 'because',
        size: 'L',
        files: [],
        __action_id: 'ok',
        __action_value: 'Fine',
        __rendered_content: 'Hello Ada: because L',
      },
    });
  });

  it('goes on by a branch of its own when nobody answers', () => {
    expect(humanInput.elapsed(config, { form })).toMatchObject({
      handle: '__timeout__',
      outputs: { why: 'because', size: '', __action_id: '__timeout__' },
    });
    expect(humanInput.handles(config)).toEqual(['ok', 'no', '__timeout__']);
  });

  it('takes only answers that fit', () => {
    expect(answerProblems(form, { action: 'ok', values: { size: 'S', files: [{}] } })).toEqual([]);
    const wrong = answerProblems(form, { action: 'maybe', values: { size: 'M', why: 5, files: 'x', more: 1 } });
    expect(wrong.map(({ field }) => field)).toEqual([
      'action',
      'values.size',
      'values.why',
      'values.files',
      'values.more',
    ]);
  });
});
