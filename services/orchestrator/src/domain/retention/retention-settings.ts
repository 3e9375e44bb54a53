/** In days; 0 keeps things for ever. */
export interface RetentionDays {
  /** After the end of a run. */
  readonly runs: number;
  /** After the last message of a conversation. */
  readonly conversations: number;
  /** After the upload of a file. */
  readonly files: number;
}

/** What a tenant has set for itself; absent is what the installation says. */
export type OwnRetention = Partial<RetentionDays>;

/** Calls may throw FailureError `unavailable`. */
export interface RetentionSettings {
  get(tenantId: string): Promise<OwnRetention>;
  set(tenantId: string, own: OwnRetention): Promise<void>;
  /** Every tenant that has something, with what it has set. */
  tenants(): Promise<readonly { readonly tenantId: string; readonly own: OwnRetention }[]>;
}

/** What counts for a tenant. */
export function effective(own: OwnRetention, installation: RetentionDays): RetentionDays {
  return { ...installation, ...own };
}
