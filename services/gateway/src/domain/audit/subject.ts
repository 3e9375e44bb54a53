/** What a change is about, as it was before. */
export interface Subject {
  /** Where the request does not say it: whose it is. */
  readonly tenantId?: string;
  /** Where the address does not say it, or must not. */
  readonly id?: string;
  /** As the API shows it; absent where it was not there. */
  readonly state?: unknown;
}
