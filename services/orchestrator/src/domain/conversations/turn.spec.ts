import { newRun } from '@treadle/engine';
import { catalog } from '@treadle/nodes';
import { compile, documentSchema, type Plan } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { RunFacts } from '../runs/run-journal.js';
import { endedTurn, firstTurn, variablesFor } from './turn.js';

describe('the first turn of a conversation', () => {
  it.each([
    ['Who was Ada?', 'Who was Ada?'],
    ['  two\n lines ', 'two lines'],
    ['', 'New conversation'],
    ['🧵'.repeat(70), '🧵'.repeat(60)],
  ])('names it by the query %j', (query, name) => {
    expect(firstTurn(query, undefined)).toEqual({ opens: { name } });
  });

  it('says how long it is kept', () => {
    expect(firstTurn('Hi', 60)).toEqual({ opens: { name: 'Hi', keepSeconds: 60 } });
  });
});

describe('a turn that is over', () => {
  const facts: RunFacts = {
    id: 'r',
    tenantId: 't',
    workflowId: 'w',
    version: 1,
    partition: 0,
    createdAt: 0,
    conversationId: 'c',
    turn: 1,
    user: '',
    traceparent: '',
  };
  const sys = { query: 'Hi' };
  const state = { ...newRun, scopes: { ...newRun.scopes, sys }, assigned: { mood: 'good' } };

  it('leaves its answer and what it assigned', () => {
    const ended = endedTurn(facts, { ...state, status: 'completed', outputs: { answer: 'Hello' } });
    const given = { inputs: {}, files: [], error: '' };
    expect(ended).toEqual({ status: 'completed', query: 'Hi', answer: 'Hello', assigned: { mood: 'good' }, ...given });
  });

  it.each(['failed', 'cancelled'] as const)('leaves no variables when it %s', (status) => {
    expect(endedTurn(facts, { ...state, status })).toMatchObject({ status, query: 'Hi', answer: '', assigned: {} });
  });

  it('is none while it runs, and outside of conversations', () => {
    expect(endedTurn(facts, { ...state, status: 'running' })).toBeUndefined();
    expect(endedTurn({ ...facts, turn: 0 }, { ...state, status: 'completed' })).toBeUndefined();
  });
});

describe('the variables a turn begins with', () => {
  const { plan } = compile(
    documentSchema.parse({
      format: 'treadle/v1',
      name: 'spec',
      kind: 'chat',
      conversation: [
        { name: 'count', type: 'number', value: 7 },
        { name: 'mood', type: 'string', value: 'calm' },
      ],
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'answer', type: 'answer', config: { answer: 'a' } },
      ],
      edges: [{ source: 'start', target: 'answer' }],
    }),
    catalog,
  );

  it.each([
    [{}, { count: 7, mood: 'calm' }],
    [
      { count: 8, mood: 'good' },
      { count: 8, mood: 'good' },
    ],
    [
      { count: 'eight', gone: 1 },
      { count: 7, mood: 'calm' },
    ],
  ])('are, of the stored %j, those that the plan declares', (stored, variables) => {
    expect(variablesFor(plan as Plan, stored)).toEqual(variables);
  });
});
