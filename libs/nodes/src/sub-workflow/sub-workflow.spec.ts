import type { Graph, Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { subWorkflow } from './sub-workflow.descriptor.js';

const config = subWorkflow.config.parse({
  workflow_id: 'other',
  version: 2,
  inputs: [{ variable: 'town', value_selector: ['a', 'town'] }],
});
const start = { config: { variables: [{ variable: 'town', type: 'text-input', required: true }] } };
const body = { entry: 'start', nodes: new Map([['start', start]]), conversation: { mood: 'good' } } as unknown as Graph;
const open = (town: Json | undefined) => subWorkflow.open(config, () => town, body);

describe('sub-workflow', () => {
  it('is one round that sees its inputs only, checked as those of a run', () => {
    expect(open('Ulm')).toEqual({
      rounds: 1,
      parallel: 1,
      variables: { inputs: { town: 'Ulm' }, conversation: { mood: 'good' } },
    });
    expect(open(undefined)).toMatchObject({ failure: { code: 'invalid_inputs' } });
    expect(open(5)).toMatchObject({ failure: { code: 'invalid_inputs', message: expect.stringContaining('"other"') } });
  });

  it('gives what the other workflow gives', () => {
    expect(subWorkflow.close(config, [{ output: { answer: 'hi' } }], {})).toEqual({ outputs: { answer: 'hi' } });
    expect(subWorkflow.workflow?.(config)).toEqual({ id: 'other', version: 2 });
  });
});
