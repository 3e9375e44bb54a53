import type { RetrievalServiceService, SearchRequest, SearchResponse } from '@treadle/contracts';
import type { CallOptions, Handlers } from '@treadle/grpc';
import { invalid, parsed } from '../domain/dataset.js';
import type { Search } from '../domain/search.js';
import { filterSchema, searchSettingsSchema } from '../domain/search-settings.js';
import { searchMessage } from './messages.js';

const mostNeighbours = 5;

/** Search, for callers in this process or over gRPC. */
export class RetrievalController implements Handlers<typeof RetrievalServiceService> {
  constructor(private readonly searching: Search) {}

  async search(
    request: SearchRequest,
    { traceparent = request.traceparent }: CallOptions = {},
  ): Promise<SearchResponse> {
    const { tenantId, deadlineUnixMs, runId, nodeKey, workflowId, apiKeyId, neighbours, filterModel } = request;
    if (neighbours > mostNeighbours)
      throw invalid('neighbours', `A chunk comes with ${mostNeighbours} neighbours at most on each side.`);
    const filter = request.filterJson === '' ? undefined : parsed('filter', filterSchema, request.filterJson);
    const answer = await this.searching.search({
      call: { tenantId, deadlineUnixMs, runId, nodeKey, workflowId, apiKeyId, traceparent },
      datasetIds: request.datasetIds,
      query: request.query,
      filter: filter && filter.conditions.length > 0 ? filter : undefined,
      neighbours,
      ...(filterModel && filterModel.model !== '' && { filterModel }),
      ...(request.settingsJson !== '' && { settings: parsed('settings', searchSettingsSchema, request.settingsJson) }),
    });
    return searchMessage(answer);
  }
}
