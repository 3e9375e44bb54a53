import type { RetrievalServiceService, Task } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { Knowledge, KnowledgeAnswer, KnowledgeQuestion } from '@treadle/nodes';
import type { JsonObject } from '@treadle/workflow';

/** The retrieval service, in another process or in this one. */
export type KnowledgeService = Handlers<typeof RetrievalServiceService>;

/** Searches datasets on behalf of one task. */
export class GrpcKnowledge implements Knowledge {
  constructor(
    private readonly service: KnowledgeService,
    private readonly task: Task,
    private readonly signal: AbortSignal,
  ) {}

  async search({ datasetIds, query, settings, filter, filterModel }: KnowledgeQuestion): Promise<KnowledgeAnswer> {
    const { tenantId, workflowId, runId, nodeKey, deadlineUnixMs, traceparent } = this.task;
    const { chunks, degraded, notes } = await this.service.search(
      {
        ...{ tenantId, workflowId, runId, nodeKey, deadlineUnixMs, traceparent, query },
        datasetIds: [...datasetIds],
        settingsJson: settings ? JSON.stringify(settings) : '',
        filterJson: filter ? JSON.stringify(filter) : '',
        filterModel: filterModel && { ...filterModel },
        ...{ neighbours: 0, apiKeyId: '' },
      },
      { signal: this.signal, ...(traceparent && { traceparent }) },
    );
    const passages = chunks.map(({ parent, content, answer, metadataJson, ...chunk }) => ({
      ...chunk,
      // A part is found; its whole is what is read.
      content: [parent?.content ?? content, answer].filter(Boolean).join('\n'),
      metadata: JSON.parse(metadataJson) as JsonObject,
    }));
    return { passages, degraded, notes };
  }
}
