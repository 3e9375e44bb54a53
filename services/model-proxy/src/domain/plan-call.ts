import { createHash } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import type { Choice } from './attempts.js';
import { inOrder } from './choose-target.js';
import type { Asking } from './question.js';
import { type Resolution, resolveModel } from './resolve-model.js';
import { type CallFacts, type RouteRules, readRouteRules, tierFor } from './route-rules.js';
import type { Operation, Target, Targets } from './target.js';
import type { TenantModels } from './tenant-models.js';

/** Who is asked for one call, and how. */
export interface CallPlan extends Choice {
  readonly targets: readonly Target[];
  /** The route that chose them; empty when the caller named the model. */
  readonly route: string;
  readonly rules: RouteRules | undefined;
  /** For the answer, for example that another model serves than the one asked for. */
  readonly warnings: readonly string[];
}

export interface Planning extends CallFacts {
  readonly operation: Operation;
  readonly asking: Asking;
  /** What decides among targets of one order: the same key finds the same target. */
  readonly key: () => string;
}

/** Chooses the targets of a call: by its route, or by the model it names. Waits only for lists of models and for budgets. Throws `FailureError`. */
export function planCall(
  models: TenantModels,
  targets: Targets,
  defaultModel: string,
  planning: Planning,
): CallPlan | Promise<CallPlan> {
  const { route, wanted } = planning.asking;
  // A workflow may name a route where it names a model.
  const name = route || (wanted.provider === '' && models.routes.has(wanted.model) ? wanted.model : '');
  if (name) return byRoute(name, models, targets, planning);
  const resolution = resolveModel(models.registry, defaultModel, wanted);
  return resolution instanceof Promise
    ? resolution.then((found) => byModel(found, targets, planning))
    : byModel(resolution, targets, planning);
}

function byModel(resolution: Resolution, targets: Targets, planning: Planning): CallPlan {
  if (!resolution.served) throw new FailureError(resolution.failure);
  const { provider, model, warning } = resolution;
  const target = targets.of(provider, model, planning.operation);
  return { targets: [target], route: '', rules: undefined, warnings: warning ? [warning] : [] };
}

async function byRoute(
  name: string,
  { routes, registry }: TenantModels,
  targets: Targets,
  planning: Planning,
): Promise<CallPlan> {
  const route = routes.get(name);
  if (!route) throw FailureError.of('model_not_found', `There is no route "${name}".`, { field: 'route' });
  const rules = readRouteRules(name, route.rules);
  const chosen = inOrder((await tierFor(rules, planning)) ?? route.targets, planning.key);
  const known = chosen.flatMap(({ provider, model }) => {
    const found = registry.find(provider);
    return found ? [targets.of(found, model, planning.operation)] : [];
  });
  const missing = chosen.filter(({ provider }) => !registry.find(provider)).map(({ provider }) => provider);
  const warnings = missing.map(
    (provider) => `The route "${name}" names the provider "${provider}", which does not exist.`,
  );
  if (known.length === 0) {
    const message = `No target of the route "${name}" can serve: ${missing.join(', ')} is not set up.`;
    throw FailureError.of('model_not_found', message, { field: 'route' });
  }
  const fallbackOn = rules.fallback_on as Choice['fallbackOn'];
  return { targets: known, route: name, rules, warnings, ...(fallbackOn && { fallbackOn }) };
}

/** A short name for something long, the same for the same. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
