import { describe, expect, it } from 'vitest';
import { childTrace, formatTraceparent, parseTraceparent } from './index.js';

const header = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('traceparent', () => {
  it('reads and writes the header', () => {
    const context = parseTraceparent(header);
    expect(context).toEqual({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true });
    expect(formatTraceparent(context!)).toBe(header);
  });

  it('keeps the trace and renews the hop for a child', () => {
    const parent = parseTraceparent(header)!;
    const child = childTrace(parent);
    expect(child).toMatchObject({ traceId: parent.traceId, sampled: true });
    expect(child.spanId).not.toBe(parent.spanId);
  });

  it('starts a readable trace where there is none', () => {
    const trace = childTrace();
    expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
  });

  it.each([
    undefined,
    '',
    'x',
    header.replace('00-', 'ff-'),
    header.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
  ])('takes %o for absent', (bad) => {
    expect(parseTraceparent(bad)).toBeUndefined();
  });
});
