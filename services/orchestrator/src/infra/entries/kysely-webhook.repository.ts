import { type TenantTables, withDatabase } from '@treadle/persistence';

import type { WebhookRepository, WebhookRow } from '../../domain/entries/webhook.repository.js';
import type { Database } from '../database.js';
import { webhookOf } from './entry-rows.js';

export class KyselyWebhookRepository implements WebhookRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async find(id: string): Promise<WebhookRow | undefined> {
    const query = this.tables.all.selectFrom('webhooks').selectAll().where('id', '=', id);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && webhookOf(row);
  }

  async list(tenantId: string, workflowId: string): Promise<WebhookRow[]> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('webhooks')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .$if(workflowId !== '', (select) => select.where('workflow_id', '=', workflowId))
      .orderBy('workflow_id')
      .orderBy('node_id');
    return (await withDatabase(() => query.execute())).map(webhookOf);
  }

  async replaceSecret(tenantId: string, id: string, sealedSecret: string): Promise<WebhookRow | undefined> {
    const query = this.tables
      .of(tenantId)
      .updateTable('webhooks')
      .set({ sealed_secret: sealedSecret })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .returningAll();
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && webhookOf(row);
  }
}
