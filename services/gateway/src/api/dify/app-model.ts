import { ChatRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { askWhole } from '../../domain/ask-model.js';
import type { Models } from '../../domain/ports.js';
import type { App } from './app.js';

const namesModel = z.object({ model: z.object({ provider: z.string().default(''), name: z.string().min(1) }) });

/** Nobody waits longer for a title. */
const patienceMs = 30_000;

/** Has the model of an app do small things around its conversations. */
export class AppModel {
  constructor(private readonly models: Models) {}

  /**
   * Asks the first model that the app itself asks, and counts against its budgets.
   * @param words what it is to do, and the text to do it with
   * @returns `undefined` where the app has no model, or it cannot be had
   */
  async ask(http: FastifyRequest, app: App, [task, text]: readonly [string, string]): Promise<string | undefined> {
    const model = app.document.nodes.map(({ config }) => namesModel.safeParse(config).data?.model).find(Boolean);
    if (!model) return undefined;
    const request = ChatRequest.fromPartial({
      tenantId: app.tenantId,
      apiKeyId: http.apiKeyId,
      workflowId: app.workflowId,
      model: { provider: model.provider, model: model.name },
      messages: [
        { role: 'system', text: task },
        { role: 'user', text },
      ],
      whole: true,
    });
    try {
      const parts = await askWhole(this.models, request, AbortSignal.timeout(patienceMs));
      return parts.map(({ part }) => (part?.$case === 'text' ? part.value : '')).join('');
    } catch (error) {
      if (error instanceof FailureError) return undefined;
      throw error;
    }
  }
}
