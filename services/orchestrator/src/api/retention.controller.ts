import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { RetentionServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import { effective, type RetentionDays, type RetentionSettings } from '../domain/retention/retention-settings.js';

/** How long things are kept, over gRPC or called directly in standalone. */
@Controller()
export class RetentionController implements Handlers<typeof RetentionServiceService> {
  constructor(
    private readonly settings: RetentionSettings,
    private readonly installation: RetentionDays,
  ) {}

  async getRetention({ tenantId }: contracts.GetRetentionRequest): Promise<contracts.GetRetentionResponse> {
    const own = await this.settings.get(tenantId);
    return { own: { ...own }, effective: effective(own, this.installation) };
  }

  async setRetention({ tenantId, days }: contracts.SetRetentionRequest): Promise<contracts.SetRetentionResponse> {
    const { runs, conversations, files } = days ?? {};
    await this.settings.set(tenantId, {
      ...(runs !== undefined && { runs }),
      ...(conversations !== undefined && { conversations }),
      ...(files !== undefined && { files }),
    });
    return this.getRetention({ tenantId });
  }
}
