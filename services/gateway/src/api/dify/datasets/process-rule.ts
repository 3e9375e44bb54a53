import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const segmentation = z
  .object({
    separator: z.string().min(1).max(50).nullish(),
    max_tokens: z.int().min(10).max(20_000).nullish().meta({ description: 'Counted in characters.' }),
    chunk_overlap: z.int().min(0).max(5000).nullish(),
  })
  .nullish();

/** How documents are cut, as Dify's clients say it. */
export const processRuleSchema = z
  .object({
    mode: z.enum(['automatic', 'custom', 'hierarchical']),
    rules: z
      .object({
        pre_processing_rules: z.array(z.object({ id: z.string(), enabled: z.boolean() })).nullish(),
        segmentation,
        parent_mode: z.enum(['paragraph', 'full-doc']).nullish(),
        subchunk_segmentation: segmentation,
      })
      .nullish(),
  })
  .meta({ id: 'DifyProcessRule' });
export type ProcessRule = z.infer<typeof processRuleSchema>;

export const docForms = ['text_model', 'hierarchical_model', 'qa_model'] as const;
export type DocForm = (typeof docForms)[number];

/** How a dataset or a document is cut, as it writes it. */
interface Chunking {
  readonly mode: 'text' | 'parent_child' | 'question_answer';
  readonly unit: 'characters' | 'tokens';
  readonly separators: readonly string[];
  readonly keep_apart?: boolean;
  readonly max_length: number;
  readonly overlap: number;
  readonly remove_extra_spaces: boolean;
  readonly remove_urls_emails: boolean;
  readonly parent: 'paragraph' | 'document';
  readonly child_separators: readonly string[];
  readonly child_max_length: number;
}

const modes = { text_model: 'text', hierarchical_model: 'parent_child', qa_model: 'question_answer' } as const;

export function docFormOf(chunkingJson: string): DocForm {
  const { mode } = JSON.parse(chunkingJson) as Chunking;
  return docForms.find((form) => modes[form] === mode) ?? 'text_model';
}

const standard = { separator: '\n\n', max_tokens: 1024, chunk_overlap: 50 };
const standardOfParts = { separator: '\n', max_tokens: 512 };
/** Tried where a piece is still too long after it was cut where the caller wishes. */
const finer = ['\n\n', '\n', '. ', '。', '! ', '? ', ' '];

/** How to cut here. `automatic` takes the defaults of the retrieval service, which those who cut know. */
export function chunkingOf(form: DocForm, rule: ProcessRule | undefined): Partial<Chunking> {
  const mode = modes[form];
  if (!rule || rule.mode === 'automatic') return { mode };
  const {
    pre_processing_rules: cleaning,
    segmentation: whole,
    subchunk_segmentation: parts,
    parent_mode,
  } = rule.rules ?? {};
  const isOn = (id: string) => cleaning?.some((one) => one.id === id && one.enabled) ?? false;
  return {
    mode,
    separators: separatorsOf(whole?.separator ?? standard.separator),
    keep_apart: true,
    max_length: whole?.max_tokens ?? standard.max_tokens,
    overlap: whole?.chunk_overlap ?? (mode === 'text' ? standard.chunk_overlap : 0),
    remove_extra_spaces: isOn('remove_extra_spaces'),
    remove_urls_emails: isOn('remove_urls_emails'),
    ...(mode === 'parent_child' && {
      parent: parent_mode === 'full-doc' ? ('document' as const) : ('paragraph' as const),
      child_separators: separatorsOf(parts?.separator ?? standardOfParts.separator),
      child_max_length: parts?.max_tokens ?? standardOfParts.max_tokens,
    }),
  };
}

/** Clients write line breaks as they are, or escaped. */
function separatorsOf(first: string): string[] {
  const meant = first.replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\r', '\r');
  return [meant, ...finer.filter((one) => one !== meant)];
}

/** Whether a way to cut says nothing that another does not say. */
export function isWithin(some: Partial<Chunking>, chunkingJson: string): boolean {
  const whole = JSON.parse(chunkingJson) as Record<string, unknown>;
  return Object.entries(some).every(([name, value]) => isDeepStrictEqual(whole[name], value));
}

/** How a dataset or a document is cut, as Dify's clients read it. */
export function processRuleView(chunkingJson: string) {
  const chunking = JSON.parse(chunkingJson) as Chunking;
  const { separators, unit, max_length, overlap, child_separators, child_max_length } = chunking;
  const perUnit = unit === 'tokens' ? charactersPerToken : 1;
  const isNested = chunking.mode === 'parent_child';
  return {
    mode: isNested ? 'hierarchical' : 'custom',
    rules: {
      pre_processing_rules: [
        { id: 'remove_extra_spaces', enabled: chunking.remove_extra_spaces },
        { id: 'remove_urls_emails', enabled: chunking.remove_urls_emails },
      ],
      segmentation: {
        separator: separators[0] ?? standard.separator,
        max_tokens: max_length * perUnit,
        chunk_overlap: overlap * perUnit,
      },
      ...(isNested && {
        parent_mode: chunking.parent === 'document' ? 'full-doc' : 'paragraph',
        subchunk_segmentation: {
          separator: child_separators[0] ?? standardOfParts.separator,
          max_tokens: child_max_length * perUnit,
          chunk_overlap: 0,
        },
      }),
    },
  };
}

const charactersPerToken = 4;
