export { AddressGuard, type Resolve } from './address-guard.js';
export { GuardedHttp } from './guarded-http.js';
export type { StreamedAnswer, StreamedQuestion, StreamingHttp } from './streamed-answer.js';
