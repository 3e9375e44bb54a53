export { type ApiAddress, ApiClient, type ApiEvent, type ApiRequest } from './api-client.js';
export { ApiError, type ErrorBody, UnreachableError } from './api-error.js';
export * from './api-types.js';
export { eventsPath, type FollowOptions, followRun } from './follow-run.js';
export { readPages } from './read-pages.js';
