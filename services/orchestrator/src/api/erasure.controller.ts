import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { ErasureServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import type { EraseUser } from '../domain/erasure/erase-user.js';
import type { ErasedUser } from '../domain/erasure/erasure.repository.js';
import { checkedWorkflowId } from '../domain/runs/run-id.js';

/** Forgetting end users, over gRPC or called directly in standalone. */
@Controller()
export class ErasureController implements Handlers<typeof ErasureServiceService> {
  constructor(private readonly erasing: EraseUser) {}

  async surveyUser(request: contracts.SurveyUserRequest): Promise<contracts.SurveyUserResponse> {
    return { found: { ...(await this.erasing.survey(checked(request))) } };
  }

  async listUserRuns(request: contracts.ListUserRunsRequest): Promise<contracts.ListUserRunsResponse> {
    const limit = Math.min(Math.max(request.limit || 100, 1), 500);
    const { tenantId, runIds, skip } = request;
    if (runIds.length > 0) return { runIds: await this.erasing.runsFrom(tenantId, runIds, skip, limit) };
    return { runIds: await this.erasing.runs(checked(request), skip, limit) };
  }

  async eraseRuns({ tenantId, runIds }: contracts.EraseRunsRequest): Promise<contracts.EraseRunsResponse> {
    return { cancelled: await this.erasing.eraseRuns(tenantId, runIds) };
  }

  async eraseUser(request: contracts.EraseUserRequest): Promise<contracts.EraseUserResponse> {
    return { more: await this.erasing.eraseRest(checked(request)) };
  }
}

/** Who is named by nothing is nobody's end user: everything that belongs to none would go. */
function checked({ tenantId, user, workflowId }: ErasedUser): ErasedUser {
  if (user === '') throw FailureError.of('invalid_argument', 'Say which end user.', { field: 'end_user' });
  return { tenantId, user, workflowId: workflowId === '' ? '' : checkedWorkflowId(workflowId) };
}
