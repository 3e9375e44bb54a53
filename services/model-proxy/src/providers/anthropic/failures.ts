/** What the types of errors inside a stream would be as a status. */
export const anthropicStatuses: Readonly<Record<string, number>> = {
  api_error: 500,
  authentication_error: 401,
  invalid_request_error: 400,
  not_found_error: 404,
  overloaded_error: 529,
  permission_error: 403,
  rate_limit_error: 429,
  request_too_large: 413,
  timeout_error: 504,
};
