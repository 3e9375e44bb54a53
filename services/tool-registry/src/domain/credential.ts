/** A request before or after a credential was attached. */
export interface AttachableRequest {
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface CredentialedRequest extends AttachableRequest {
  /** Names of headers, lower case, that must not follow a redirect to another origin; `HttpQuestion.secretHeaders`. */
  readonly secretHeaders: readonly string[];
}

/** A secret as those who send requests see it: they hand it a request and get it back with the secret in its place. */
export interface Credential {
  /** Hosts it may be sent to, as in addresses: `name` or `name:port`, lower case. */
  readonly hosts: readonly string[];
  /**
   * Attaches the secret, whatever its type; a token that runs out is renewed first.
   * @throws FailureError `credential_refused` where the request's host is none of its hosts, or the token endpoint gives no token;
   * `tool_unavailable` where that endpoint cannot be reached.
   */
  attach<R extends AttachableRequest>(request: R): Promise<R & CredentialedRequest>;
}
