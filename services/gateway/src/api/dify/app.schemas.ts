import { z } from 'zod';

const settings = z.record(z.string(), z.unknown());

export const infoSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
    mode: z.string(),
    author_name: z.string(),
  })
  .meta({ id: 'DifyInfo' });

export const metaSchema = z.object({ tool_icons: settings }).meta({ id: 'DifyMeta' });

export const parametersSchema = z
  .object({
    opening_statement: z.string(),
    suggested_questions: z.array(z.string()),
    suggested_questions_after_answer: settings,
    speech_to_text: settings,
    text_to_speech: settings,
    retriever_resource: settings,
    annotation_reply: settings,
    more_like_this: settings,
    sensitive_word_avoidance: settings,
    user_input_form: z.array(z.record(z.string(), settings)).meta({ description: 'Each `{ "<type>": { … } }`.' }),
    file_upload: settings,
    system_parameters: z.record(z.string(), z.int()).meta({ description: 'Sizes in MB.' }),
  })
  .meta({ id: 'DifyParameters' });

export const siteSchema = z.object({ title: z.string() }).catchall(z.unknown()).meta({ id: 'DifySite' });
