import { describe, expect, it } from 'vitest';
import { readNatsUrl } from './nats-connection.js';

describe('readNatsUrl', () => {
  it('takes addresses with and without scheme and port', () => {
    expect(readNatsUrl('nats://one:4333, two')).toEqual({ servers: ['one:4333', 'two:4222'] });
  });

  it('takes a user with a password, decoded', () => {
    expect(readNatsUrl('nats://ann:p%40ss@one')).toEqual({ servers: ['one:4222'], user: 'ann', pass: 'p@ss' });
  });

  it('takes a lone name as a token and asks for TLS where the scheme says so', () => {
    expect(readNatsUrl('tls://secret@one')).toEqual({ servers: ['one:4222'], token: 'secret', tls: {} });
  });
});
