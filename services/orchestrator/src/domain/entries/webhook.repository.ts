/** A webhook node of a published workflow. Id and secret stay while the node's id does, over all versions. */
export interface WebhookRow {
  readonly id: string;
  readonly tenantId: string;
  readonly workflowId: string;
  readonly nodeId: string;
  readonly version: number;
  readonly sealedSecret: string;
  /** Whether the published version has it. */
  readonly active: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Webhooks as they are stored. They are made when a version is published, by the repository of workflows. */
export interface WebhookRepository {
  /** Whoever sends to a webhook is of no tenant yet: its id alone names it. */
  find(id: string): Promise<WebhookRow | undefined>;
  /** By workflow and node, those of old versions included; an empty `workflowId` takes all. */
  list(tenantId: string, workflowId: string): Promise<WebhookRow[]>;
  /** Gives it another secret; `undefined` when the tenant has no such webhook. */
  replaceSecret(tenantId: string, id: string, sealedSecret: string): Promise<WebhookRow | undefined>;
}
