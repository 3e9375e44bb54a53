import { FailureError } from '@treadle/failure';
import type { BillableCall } from './money-gate.js';

/** From here on callers are warned, as a share. */
const warnFrom = 0.75;

/** What a caller is told about a budget that is nearly used up. */
export function warningsOf(budget: string | null, share: number): string[] {
  if (budget === null || share < warnFrom) return [];
  return [`The budget "${budget}" is used to ${Math.floor(share * 100)} percent.`];
}

/** Why a call was refused, and what to do next. */
export function refusalOf(verdict: string, budget: string, { provider, model }: BillableCall): FailureError {
  const details = { budget, provider, model };
  if (verdict === 'unpriced') {
    const message = `The budget "${budget}" limits money, and the price of "${model}" of "${provider}" is unknown. Save a price for it, or use another model.`;
    return FailureError.of('price_unknown', message, { details });
  }
  if (verdict === 'busy') {
    const message = `What is left of the budget "${budget}" is set aside for calls that run now. Try again when they have ended.`;
    return FailureError.of('budget_exceeded', message, { details, retryable: true, retryAfterSeconds: 1 });
  }
  const message = `The budget "${budget}" has no room for this call. Raise it, wait for its next period, or ask for a shorter answer or a cheaper model.`;
  return FailureError.of('budget_exceeded', message, { details });
}
