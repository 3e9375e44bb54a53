export * from './context.js';
export { HealthModule } from './health/health.module.js';
export { type CheckOutcome, type HealthCheck, HealthRegistry, type Readiness } from './health/health-registry.js';
export * from './logger.js';
export * from './metrics/index.js';
export * from './nest-logger.js';
export { redactionOf, redactionRulesFrom } from './redaction.js';
export * from './traceparent.js';
