import { FailureError } from '@treadle/failure';

/** What a tenant has, or is to have more. A document that is indexed anew counts once. */
export interface TenantUsage {
  readonly documents: number;
  readonly characters: number;
  readonly chunks: number;
}

export interface TenantLimits {
  readonly documentsPerTenant: number;
  readonly charactersPerTenant: number;
  readonly chunksPerTenant: number;
}

/** Looks at what there is, in the transaction that adds to it. @throws FailureError `limit_exceeded` */
export type LimitCheck = (used: TenantUsage) => void;

/** The check for so much more. The failure says how much there is, how much is allowed, and what to do. */
export function roomFor(limits: TenantLimits, more: Partial<TenantUsage>): LimitCheck {
  return (used) => {
    const sorts = [
      ['documents', limits.documentsPerTenant, 'TREADLE_DOCUMENTS_PER_TENANT'],
      ['characters', limits.charactersPerTenant, 'TREADLE_DATASET_CHARACTERS_PER_TENANT'],
      ['chunks', limits.chunksPerTenant, 'TREADLE_CHUNKS_PER_TENANT'],
    ] as const;
    for (const [sort, most, setting] of sorts) {
      const added = more[sort] ?? 0;
      if (added === 0 || used[sort] + added <= most) continue;
      throw FailureError.of(
        'limit_exceeded',
        `Your other documents come to ${used[sort]} ${sort}; with ${added} more it would be over ${most}, which is the limit. Delete documents you no longer need, or have the operator raise ${setting}.`,
      );
    }
  };
}
