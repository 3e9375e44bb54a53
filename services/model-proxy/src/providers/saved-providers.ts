import { AddressGuard, PerTenant } from '@treadle/guarded-http';
import type { Provider } from '../domain/provider.js';
import type { StoredProvider } from '../domain/provider-store.js';
import type { ModelProxyConfig } from '../model-proxy.config.js';
import { makeProvider } from './catalog.js';

const words = { who: 'providers', setting: 'TREADLE_MODEL_HTTP_ALLOW' };

/**
 * Makes providers of what tenants have saved: they connect to public addresses, and to those inside that the settings allow their tenant.
 * @throws FailureError `invalid_argument` for an entry of the settings that is no address, network or host name
 */
export function savedProviders(
  config: ModelProxyConfig,
): (tenantId: string, stored: Omit<StoredProvider, 'revision'>) => Provider {
  const guards = new PerTenant(config.httpAllow, (entries) => new AddressGuard(entries, undefined, words));
  return (tenantId, stored) => makeProvider(stored, config, guards.of(tenantId));
}
