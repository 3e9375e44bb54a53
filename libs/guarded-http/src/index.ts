export { AddressGuard, type GuardWords, type Resolve } from './address-guard.js';
export { GuardedHttp, type GuardedHttpOptions } from './guarded-http.js';
export { PerTenant } from './per-tenant.js';
export type { StreamedAnswer, StreamedQuestion, StreamingHttp } from './streamed-answer.js';
export { TenantHttp } from './tenant-http.js';
