import type { GetRetentionResponse } from '@treadle/contracts';

export function retentionView({ own, effective }: GetRetentionResponse) {
  const { runs = 0, conversations = 0, files = 0 } = effective ?? {};
  return {
    runs: own?.runs ?? null,
    conversations: own?.conversations ?? null,
    files: own?.files ?? null,
    effective: { runs, conversations, files },
  };
}
