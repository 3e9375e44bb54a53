/** Plain data, as it goes into JSON and comes out of it. */
export type AuditValue =
  | null
  | boolean
  | number
  | string
  | readonly AuditValue[]
  | { readonly [name: string]: AuditValue };

/** Who did something. */
export interface AuditActor {
  /** A person, an API key, whoever held the link of an approval, somebody unknown, or the installation itself. */
  readonly kind: 'user' | 'key' | 'link' | 'nobody' | 'system';
  /** Empty where there is none. */
  readonly id: string;
  /** Where the request came from; empty for the installation itself. */
  readonly address: string;
  /** What sent it, shortened. */
  readonly agent: string;
}

/**
 * - `begun`: recorded before a change is made. Without a later entry whose `begun` names it, nobody knows whether the change was made.
 * - `done`, `refused` (by a rule, nothing happened), `failed` (nobody's fault; it may have happened in part).
 */
export type AuditOutcome = 'begun' | 'done' | 'refused' | 'failed';

/** What is recorded of one happening, before it has its place in a chain. */
export interface AuditNote {
  readonly actor: AuditActor;
  /** What was done, such as `provider.save`. */
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string };
  readonly outcome: AuditOutcome;
  /** The `seq` of the entry that this one is the ending of. */
  readonly begun?: number;
  /** The id of the request, as answers and logs show it. */
  readonly request: string;
  /** The object before and after; secrets are left out. */
  readonly before?: AuditValue;
  readonly after?: AuditValue;
  /** What else is worth knowing. */
  readonly details?: { readonly [name: string]: AuditValue };
  /** How often, where the same happened again and again within a minute. */
  readonly times?: number;
}

/** A link of a tenant's chain. */
export interface AuditEntry extends AuditNote {
  readonly tenant: string;
  /** From 1, without a gap. */
  readonly seq: number;
  /** When it was recorded, as ISO 8601 in UTC. */
  readonly at: string;
}
