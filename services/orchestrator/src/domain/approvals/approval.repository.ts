import type { Form, JsonObject } from '@treadle/workflow';

export type ApprovalStatus = 'pending' | 'answered' | 'expired' | 'withdrawn';

/** What a run asks a person, or has asked. Moments are in milliseconds since the epoch. */
export interface Approval {
  /** Whoever holds it may see and answer this one. */
  readonly token: string;
  /** Grows with every approval of the installation. */
  readonly number: number;
  readonly tenantId: string;
  readonly runId: string;
  readonly workflowId: string;
  readonly nodeKey: string;
  readonly title: string;
  readonly form: Form;
  /** When the run goes on without an answer; absent when it waits for ever. */
  readonly dueAt?: number;
  readonly createdAt: number;
  readonly status: ApprovalStatus;
  /** Of one that is answered. */
  readonly answer?: {
    readonly action: string;
    readonly values: JsonObject;
    readonly by: string;
    readonly at: number;
  };
}

export interface ApprovalFilter {
  readonly tenantId: string;
  readonly statuses: readonly ApprovalStatus[];
  readonly runId?: string;
  readonly nodeKey?: string;
  readonly workflowId?: string;
  /** Only approvals with a lower number. */
  readonly before?: number;
  readonly limit: number;
}

/** Reads approvals. They are written with the decisions that open and close them, by the journal. */
export interface ApprovalRepository {
  /** By its token, which is credential enough. */
  find(token: string): Promise<Approval | undefined>;
  /** Newest first. */
  list(filter: ApprovalFilter): Promise<Approval[]>;
}
