import { z } from 'zod';

const days = (what: string) =>
  z
    .int()
    .min(0)
    .max(3650)
    .nullable()
    .meta({ description: `${what}, in days; 0 keeps them, null is what the installation says.` });

const kept = {
  runs: days('How long runs are kept after their end, with histories, values and approvals'),
  conversations: days('How long conversations are kept after their last message'),
  files: days('How long uploaded files are kept'),
};

export const saveRetentionSchema = z
  .strictObject({
    runs: kept.runs.default(null),
    conversations: kept.conversations.default(null),
    files: kept.files.default(null),
  })
  .meta({ id: 'SaveRetention' });
export type SaveRetentionBody = z.output<typeof saveRetentionSchema>;

export const retentionSchema = z
  .object({
    ...kept,
    effective: z
      .object({ runs: z.int(), conversations: z.int(), files: z.int() })
      .meta({ description: 'What counts; 0 keeps things.' }),
  })
  .meta({ id: 'Retention' });
