import { FailureError } from '@treadle/failure';
import type { PriceOverride } from './price.js';
import type { StoredTarget } from './provider-store.js';
import { readRouteRules } from './route-rules.js';
import {
  type BudgetRepository,
  checkName,
  invalid,
  type RouteRow,
  type SavedBudget,
  type SetupRepository,
} from './setup.js';

export interface SetupAdminParts {
  readonly repository: SetupRepository;
  readonly budgets: BudgetRepository;
  /** The names of all providers a tenant can use, those of the environment included. */
  readonly providerNames: (tenantId: string) => Promise<readonly string[]>;
  /** Reads the tenant again after a change. */
  readonly changed: (tenantId: string) => Promise<void>;
}

const maxTargets = 50;
const maxPrice = 1_000_000;

/** Saves routes, prices and budgets. Throws `invalid_argument` with the field at fault. */
export class SetupAdmin {
  constructor(private readonly parts: SetupAdminParts) {}

  async saveRoute(tenantId: string, name: string, targets: readonly StoredTarget[], rules: object): Promise<RouteRow> {
    checkName(name);
    readRouteRules(name, { ...rules });
    if (targets.length === 0 || targets.length > maxTargets)
      throw invalid('targets', `A route has 1 to ${maxTargets} targets.`);
    const known = await this.parts.providerNames(tenantId);
    targets.forEach((target, index) => {
      checkTarget(target, index, known);
    });
    const route = await this.parts.repository.saveRoute(tenantId, name, targets, rules);
    await this.parts.changed(tenantId);
    return route;
  }

  async savePrice(tenantId: string, price: Omit<PriceOverride, 'version'>): Promise<PriceOverride> {
    if (!/^[^*]{1,200}\*?$|^\*$/.test(price.model))
      throw invalid('model', 'The model of a price is a name, or the beginning of one followed by "*".');
    for (const [field, value] of Object.entries(price.prices ?? {}))
      if (value !== undefined && !(value >= 0 && value <= maxPrice))
        throw invalid(field, `A price is a number of US dollars from 0 to ${maxPrice}.`);
    const version = await this.parts.repository.savePrice(tenantId, price);
    await this.parts.changed(tenantId);
    return { ...price, version };
  }

  async removePrice(tenantId: string, provider: string, model: string): Promise<void> {
    const saved = await this.parts.repository.prices(tenantId);
    if (!saved.some((price) => price.provider === provider && price.model === model))
      throw missing('price', `${provider || '*'}/${model}`);
    await this.parts.repository.savePrice(tenantId, { provider, model, prices: undefined, validFrom: new Date() });
    await this.parts.changed(tenantId);
  }

  async saveBudget(tenantId: string, budget: SavedBudget) {
    checkBudget(budget);
    const saved = await this.parts.budgets.save(tenantId, budget);
    await this.parts.changed(tenantId);
    return saved;
  }

  async remove(what: 'route' | 'budget', tenantId: string, name: string): Promise<void> {
    if (!(await this.parts.repository.remove(what, tenantId, name))) throw missing(what, name);
    await this.parts.changed(tenantId);
  }
}

function missing(what: string, name: string): FailureError {
  return FailureError.of('not_found', `There is no ${what} "${name.slice(0, 100)}".`, { field: 'name' });
}

function checkTarget({ provider, model, weight, order }: StoredTarget, index: number, known: readonly string[]): void {
  const field = `targets[${index}]`;
  if (!known.includes(provider))
    throw invalid(
      `${field}.provider`,
      `There is no provider "${provider.slice(0, 100)}". There are: ${known.join(', ')}.`,
    );
  if (model === '' || model.length > 200) throw invalid(`${field}.model`, 'A target names a model.');
  if (!(weight >= 0 && weight <= 1_000_000)) throw invalid(`${field}.weight`, 'A weight is a number from 0.');
  if (!(Number.isInteger(order) && order >= 0 && order <= 100))
    throw invalid(`${field}.order`, 'An order is a whole number from 0 to 100.');
}

function checkBudget({ name, scope, subject, period, limitUsd, limitTokens, thresholds }: SavedBudget): void {
  checkName(name);
  if (!['tenant', 'workflow', 'api_key', 'run'].includes(scope))
    throw invalid('scope', 'The scope of a budget is tenant, workflow, api_key or run.');
  if (subject === '' || subject.length > 200 || (scope === 'tenant' && subject !== '*'))
    throw invalid('subject', 'The subject of a budget is an id, or "*" for each on its own; of a tenant it is "*".');
  if (!['hour', 'day', 'month', 'total'].includes(period))
    throw invalid('period', 'The period of a budget is hour, day, month or total.');
  if (limitUsd === undefined && limitTokens === undefined)
    throw invalid('limit_usd', 'A budget has a limit in money, in tokens, or both.');
  if (!((limitUsd ?? 0) >= 0 && (limitUsd ?? 0) <= 1e9)) throw invalid('limit_usd', 'A limit is a number from 0.');
  if (!Number.isSafeInteger(limitTokens ?? 0) || (limitTokens ?? 0) < 0)
    throw invalid('limit_tokens', 'A limit in tokens is a whole number from 0.');
  if (thresholds.length > 10 || !thresholds.every((level) => Number.isInteger(level) && level >= 1 && level <= 99))
    throw invalid('thresholds', 'Thresholds are at most ten percentages from 1 to 99.');
}
