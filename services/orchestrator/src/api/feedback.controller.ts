import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { FeedbackServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import type { Feedback, FeedbackRepository } from '../domain/feedback/feedback.repository.js';
import { foundRun } from '../domain/runs/read-run.js';
import type { FindRun } from '../domain/runs/run.repository.js';
import { partitionOf } from '../domain/runs/run-id.js';
import { whose } from '../domain/whose.js';

/** What end users think, over gRPC or called directly in standalone. */
@Controller()
export class FeedbackController implements Handlers<typeof FeedbackServiceService> {
  constructor(
    private readonly runs: FindRun,
    private readonly repository: FeedbackRepository,
    private readonly now: () => number,
  ) {}

  async giveFeedback(request: contracts.GiveFeedbackRequest): Promise<contracts.GiveFeedbackResponse> {
    const { tenantId, runId, rating, content } = request;
    partitionOf(runId);
    const { id, workflowId, conversationId, user } = foundRun(
      await this.runs.find(tenantId, runId, whose(request)),
      runId,
    );
    if (rating === '') await this.repository.remove(tenantId, id);
    else if (rating !== 'like' && rating !== 'dislike') throw badRating();
    else {
      const at = this.now();
      const feedback: Feedback = {
        runId: id,
        workflowId,
        conversationId,
        user,
        rating,
        content,
        createdAt: at,
        updatedAt: at,
      };
      await this.repository.save(tenantId, feedback);
    }
    return {};
  }

  async listFeedback(request: contracts.ListFeedbackRequest): Promise<contracts.ListFeedbackResponse> {
    const limit = Math.min(Math.max(request.limit || 20, 1), 100);
    const found = await this.repository.list(request.tenantId, request.workflowId, request.skip, limit);
    return {
      feedback: found.map(({ createdAt, updatedAt, ...feedback }) => ({
        ...feedback,
        createdUnixMs: createdAt,
        updatedUnixMs: updatedAt,
      })),
    };
  }
}

function badRating(): FailureError {
  return FailureError.of('invalid_argument', 'A rating is like, dislike or nothing.', { field: 'rating' });
}
