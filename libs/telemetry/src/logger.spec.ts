import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions, NestLogger, withContext } from './index.js';

function captured(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'gateway',
    level: 'info',
    ...options,
    output: { write: (line) => lines.push(line) },
  });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('createLogger', () => {
  it('writes the service, the level by name and the context around the caller', async () => {
    const { logger, parsed } = captured();
    await withContext({ requestId: 'r1' }, () =>
      withContext({ runId: 'run1' }, async () => {
        await Promise.resolve();
        logger.info({ port: 8080 }, 'listening');
      }),
    );
    logger.info('outside');
    expect(parsed()).toMatchObject([
      { level: 'info', service: 'gateway', requestId: 'r1', runId: 'run1', port: 8080, msg: 'listening' },
      { msg: 'outside' },
    ]);
    expect(parsed()[1]).not.toHaveProperty('requestId');
  });

  it('hides credentials at the top, in headers and in the headers of a request', () => {
    const { logger, lines } = captured();
    const headers = { authorization: 'Bearer k-1', 'x-api-key': 'k-2' };
    logger.info({ apiKey: 'k-3', headers, request: { headers } }, 'asked');
    expect(lines.join('')).not.toMatch(/k-\d/);
  });

  it('writes the failure of an error', () => {
    const { logger, parsed } = captured();
    logger.error({ err: FailureError.of('unavailable', 'gone') }, 'failed');
    expect(parsed()[0]).toMatchObject({ err: { message: 'gone', failure: { code: 'unavailable' } } });
  });

  it('writes for people when asked to', () => {
    const { logger, lines } = captured({ pretty: true });
    logger.warn({ port: 8080, err: new Error('busy') }, 'no port');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}gateway {2}no port port=8080\n {4}Error: busy\n/);
  });

  it('takes lines from Nest', () => {
    const { logger, parsed } = captured();
    const nest = new NestLogger(logger);
    nest.log('Mapped a route, which interests nobody at this level', 'RouterExplorer');
    nest.error('broken', 'Error: broken\n  at x', 'Handler');
    expect(parsed()).toMatchObject([
      { level: 'error', msg: 'broken', context: 'Handler', stack: 'Error: broken\n  at x' },
    ]);
  });

  it('writes facts with a text as pino takes them, so that an error in them is told and secrets are not', () => {
    const { logger, parsed } = captured();
    const facts = { err: new Error('the cause'), requestId: 'r1', headers: { authorization: 'Bearer x' } };
    new NestLogger(logger).error(facts, 'it broke', 'Filter');
    expect(parsed()).toMatchObject([
      {
        msg: 'it broke',
        context: 'Filter',
        requestId: 'r1',
        err: { message: 'the cause' },
        headers: { authorization: '***' },
      },
    ]);
  });
});
