import type { Run } from '@treadle/contracts';
import { describe, expect, it } from 'vitest';
import type { WebhookOutcome } from '../../domain/receive-webhook.js';
import { webhookAnswer } from './webhook-answer.js';

const answer = (status: string, outcome: Partial<WebhookOutcome> = {}) => {
  const run = { id: 'r', status, outputsJson: status === 'completed' ? '{"a":1}' : '' } as Run;
  const { status: code, body } = webhookAnswer({ run, waits: true, statusCode: 0, responseBody: '', ...outcome });
  return [code, body];
};

describe('the answer of a webhook', () => {
  it('names the run at once, as its author wrote it if so', () => {
    expect(answer('running', { waits: false })).toEqual([202, '{"run_id":"r","status":"running"}']);
    expect(answer('running', { waits: false, statusCode: 200, responseBody: 'thanks' })).toEqual([200, 'thanks']);
  });

  it('gives the outputs of a run that was waited for, or what its author wrote', () => {
    expect(answer('completed')).toEqual([200, '{"a":1}']);
    expect(answer('completed', { statusCode: 201, responseBody: '{}' })).toEqual([201, '{}']);
  });

  it('says that the run goes on where it pauses, and no more than that it failed', () => {
    expect(answer('paused', { responseBody: 'done' })).toEqual([202, '{"run_id":"r","status":"paused"}']);
    expect(answer('failed', { statusCode: 200 })).toEqual([500, '{"run_id":"r","status":"failed"}']);
  });

  it('is JSON where it reads as an object', () => {
    const run = { id: 'r', status: 'running' } as Run;
    const typeOf = (responseBody: string) => webhookAnswer({ run, waits: false, statusCode: 0, responseBody }).type;
    expect([typeOf('{"ok":true}'), typeOf('ok')]).toEqual([
      'application/json; charset=utf-8',
      'text/plain; charset=utf-8',
    ]);
  });
});
