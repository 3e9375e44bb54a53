import { describe, expect, it } from 'vitest';
import { ToolBreakers } from './tool-breaker.js';

describe('the breaker of a tool', () => {
  it('opens after failures in a row, lets one call try after its pause, and closes when that succeeds', () => {
    let now = 1_000;
    const breakers = new ToolBreakers(500, () => now);
    const fail = () => breakers.failed('t', 2);
    const check = () => breakers.check('t', 'shop/order');
    fail();
    breakers.succeeded('t');
    fail();
    expect(check).not.toThrow();
    fail();
    expect(check).toThrow(/left alone/);
    now += 500;
    expect(check).not.toThrow();
    expect(check).toThrow(/left alone/);
    fail();
    expect(check).toThrow(/3 times in a row/);
    now += 500;
    check();
    breakers.succeeded('t');
    expect(check).not.toThrow();
    expect(() => breakers.check('other', 'x')).not.toThrow();
  });

  it('stays closed where it is switched off', () => {
    const breakers = new ToolBreakers(500, () => 0);
    for (let failures = 0; failures < 9; failures++) breakers.failed('t', 0);
    expect(() => breakers.check('t', 'x')).not.toThrow();
  });
});
