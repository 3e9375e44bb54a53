export { gatewayAdapter } from './api/server/adapter.js';
export { setUpGateway } from './api/server/set-up.js';
export { parseRates } from './domain/rate-limits/rate-limit.js';
export { type GatewayConfig, gatewayConfig, gatewayProcessConfig } from './gateway.config.js';
export { GatewayModule, type GatewayModuleOptions } from './gateway.module.js';
export type { GatewayPorts } from './gateway-ports.js';
export { type HttpSettings, httpSettings } from './http-settings.js';
export { type IdentitySettings, identitySettings } from './identity-settings.js';
export { gatewaySchema } from './infra/migrations/index.js';
