import type * as messages from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { ProviderAdmin } from '../domain/provider-admin.js';
import { type BudgetRepository, invalid, type Page, type SetupRepository } from '../domain/setup.js';
import type { SetupAdmin } from '../domain/setup-admin.js';
import { type QueryUsage, type UsageDimension, usageDimensions } from '../domain/usage.js';
import {
  budgetMessage,
  environmentProvider,
  given,
  objectOf,
  priceMessage,
  providerMessage,
  routeMessage,
  testMessage,
  toBudget,
  toPrice,
  toTarget,
  usageMessage,
} from './admin-messages.js';

export interface ModelAdminParts {
  readonly repository: SetupRepository;
  readonly budgets: BudgetRepository;
  readonly providers: ProviderAdmin;
  readonly setup: SetupAdmin;
  readonly queryUsage: QueryUsage;
  /** Names of the providers that come from the process's settings. */
  readonly environmentProviders: () => readonly string[];
}

const separator = '\n';

/** What the proxy is set up with, for callers in this process or over gRPC. */
export class ModelAdminController implements Handlers<typeof messages.ModelAdminServiceService> {
  constructor(private readonly parts: ModelAdminParts) {}

  async listProviders(request: messages.ListProvidersRequest): Promise<messages.ListProvidersResponse> {
    const saved = await this.parts.repository.providers(request.tenantId, oneMore(request));
    const { items, nextCursor } = cut(saved, request, ({ name }) => name);
    // They stand before the saved ones, on the first page only, beyond its limit.
    const others = request.cursor ? [] : this.parts.environmentProviders().map(environmentProvider);
    return { providers: [...others, ...items.map(providerMessage)], nextCursor };
  }

  async saveProvider(request: messages.SaveProviderRequest): Promise<messages.SaveProviderResponse> {
    const { name, kind, baseUrl, optionsJson, mergesRepeats } = given(request.provider, 'provider');
    if (this.parts.environmentProviders().includes(name))
      throw invalid('name', `"${name}" comes from the settings of the model proxy. Choose another name.`);
    const options = objectOf(optionsJson, 'options');
    const saving = this.parts.providers.save(
      request.tenantId,
      { name, kind, baseUrl, options, mergesRepeats },
      request.apiKey,
      request.testModel,
    );
    const { provider, test } = await saving;
    return { provider: providerMessage(provider), test: testMessage(test) };
  }

  async deleteProvider({ tenantId, name }: messages.DeleteProviderRequest): Promise<messages.DeleteProviderResponse> {
    await this.parts.providers.remove(tenantId, name);
    return {};
  }

  async testProvider({ tenantId, name, model }: messages.TestProviderRequest): Promise<messages.TestProviderResponse> {
    return { test: testMessage(await this.parts.providers.test(tenantId, name, model)) };
  }

  async listRoutes(request: messages.ListRoutesRequest): Promise<messages.ListRoutesResponse> {
    const saved = await this.parts.repository.routes(request.tenantId, oneMore(request));
    const { items, nextCursor } = cut(saved, request, ({ name }) => name);
    return { routes: items.map(routeMessage), nextCursor };
  }

  async saveRoute({ tenantId, route }: messages.SaveRouteRequest): Promise<messages.SaveRouteResponse> {
    const { name, targets, rulesJson } = given(route, 'route');
    const rules = objectOf(rulesJson, 'rules');
    return { route: routeMessage(await this.parts.setup.saveRoute(tenantId, name, targets.map(toTarget), rules)) };
  }

  async deleteRoute({ tenantId, name }: messages.DeleteRouteRequest): Promise<messages.DeleteRouteResponse> {
    await this.parts.setup.remove('route', tenantId, name);
    return {};
  }

  async listPrices(request: messages.ListPricesRequest): Promise<messages.ListPricesResponse> {
    const nameOf = ({ provider, model }: { provider: string; model: string }) => `${provider}${separator}${model}`;
    const saved = await this.parts.repository.prices(request.tenantId);
    const sorted = saved
      .filter((price) => nameOf(price) > request.cursor)
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const { items, nextCursor } = cut(sorted, request, nameOf);
    return { prices: items.map(priceMessage), nextCursor };
  }

  async savePrice({ tenantId, price }: messages.SavePriceRequest): Promise<messages.SavePriceResponse> {
    return { price: priceMessage(await this.parts.setup.savePrice(tenantId, toPrice(price))) };
  }

  async deletePrice(request: messages.DeletePriceRequest): Promise<messages.DeletePriceResponse> {
    await this.parts.setup.removePrice(request.tenantId, request.provider, request.model);
    return {};
  }

  async listBudgets(request: messages.ListBudgetsRequest): Promise<messages.ListBudgetsResponse> {
    const saved = await this.parts.budgets.list(request.tenantId, oneMore(request));
    const { items, nextCursor } = cut(saved, request, ({ name }) => name);
    return { budgets: items.map(budgetMessage), nextCursor };
  }

  async saveBudget({ tenantId, budget }: messages.SaveBudgetRequest): Promise<messages.SaveBudgetResponse> {
    return { budget: budgetMessage(await this.parts.setup.saveBudget(tenantId, toBudget(budget))) };
  }

  async deleteBudget({ tenantId, name }: messages.DeleteBudgetRequest): Promise<messages.DeleteBudgetResponse> {
    await this.parts.setup.remove('budget', tenantId, name);
    return {};
  }

  async queryUsage(request: messages.QueryUsageRequest): Promise<messages.QueryUsageResponse> {
    const { tenantId, fromUnixMs, toUnixMs, limit } = request;
    const filter = Object.entries(request.filter).map(([name, value]) => [dimension(name, 'filter'), value] as const);
    const groups = await this.parts.queryUsage({
      tenantId,
      from: new Date(fromUnixMs),
      to: new Date(toUnixMs),
      groupBy: [...new Set(request.groupBy.map((name) => dimension(name, 'group_by')))],
      filter: Object.fromEntries(filter),
      limit: Math.min(Math.max(limit, 1), 1000),
    });
    return { groups: groups.map(usageMessage) };
  }
}

function dimension(name: string, field: string): UsageDimension {
  const found = usageDimensions.find((one) => one === name);
  if (found) return found;
  throw invalid(field, `Usage has no "${name.slice(0, 100)}". It has: ${usageDimensions.join(', ')}.`);
}

/** One more than was asked for tells whether there is a next page. */
function oneMore({ cursor, limit }: Page): Page {
  return { cursor, limit: sized(limit) + 1 };
}

function cut<T>(found: readonly T[], { limit }: Page, nameOf: (item: T) => string) {
  const items = found.slice(0, sized(limit));
  const last = items.at(-1);
  return { items, nextCursor: found.length > items.length && last !== undefined ? nameOf(last) : '' };
}

function sized(limit: number): number {
  return Math.min(Math.max(limit, 1), 100);
}
