import { z } from 'zod';
import { userField } from './dify.schemas.js';

const jsonObject = z.record(z.string(), z.unknown());

export const submitFormSchema = z
  .object({ inputs: jsonObject.default({}), action: z.string().max(200), user: userField })
  .meta({ id: 'DifySubmitForm' });
export type SubmitFormBody = z.infer<typeof submitFormSchema>;

export const formDefinitionSchema = z
  .object({
    form_content: z.string(),
    inputs: z.array(jsonObject),
    user_actions: z.array(jsonObject),
    resolved_default_values: jsonObject,
    expiration_time: z.int().nullable(),
  })
  .meta({ id: 'DifyForm' });
