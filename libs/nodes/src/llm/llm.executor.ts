import { FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import type { ChatPart, ChatQuestion } from '../capabilities.js';
import type { Execute, NodeContext, NodeOutcome } from '../define-node.js';
import type { LlmConfig } from './llm.descriptor.js';
import { ThinkSplitter } from './think-splitter.js';
import { withImages } from './to-images.js';
import { toMessages } from './to-messages.js';

/** Asks the model and shows its text as it appears. */
export const executeLlm: Execute<LlmConfig> = async (config, context) => {
  refuseUnsupported(config);
  const question = await toQuestion(config, context);
  const collected = { text: '', reasoning: '' };
  const splitter = config.reasoning_format === 'separated' ? new ThinkSplitter() : undefined;
  const take = ({ text, reasoning }: { readonly text: string; readonly reasoning: string }) => {
    collected.text += text;
    collected.reasoning += reasoning;
    if (text !== '') context.emitText(text);
  };
  let finished: Finished | undefined;
  for await (const part of context.capabilities.models.chat(question)) {
    if (part.type === 'finished') finished = part;
    else if (part.type === 'reasoning') take({ text: '', reasoning: part.text });
    else if (part.type === 'text') take(splitter?.push(part.text) ?? { text: part.text, reasoning: '' });
  }
  if (splitter !== undefined) take(splitter.end());
  if (finished === undefined) {
    throw FailureError.of('provider_stream_cut', 'The model stopped in the middle of its answer. Try again.');
  }
  for (const warning of finished.warnings) context.warn(warning);
  return toOutcome(collected, finished);
};

type Finished = Extract<ChatPart, { type: 'finished' }>;

/** A setting that would be passed over in silence is refused. */
function refuseUnsupported(config: LlmConfig): void {
  if (config.structured_output_enabled !== true) return;
  throw FailureError.of(
    'node_configuration',
    'The llm node does not support structured output yet. Switch it off and ask for JSON in the prompt.',
  );
}

async function toQuestion(config: LlmConfig, context: NodeContext): Promise<ChatQuestion> {
  const messages = await withImages(config, toMessages(config, context.read, context.history), context);
  if (messages.length === 0) {
    throw FailureError.of(
      'node_configuration',
      'The prompt is empty once its values are filled in. Give it some text.',
    );
  }
  return {
    provider: config.model.provider,
    model: config.model.name,
    messages,
    parameters: toParameters(config.model.completion_params),
  };
}

/** Settings that were left alone are dropped. Older files give the response format as a word. */
function toParameters(settings: Readonly<Record<string, Json>>): Record<string, Json> {
  const given = Object.entries(settings).filter(([, value]) => value !== null);
  return Object.fromEntries(
    given.map(([name, value]) => [
      name,
      name === 'response_format' && typeof value === 'string' ? { type: value } : value,
    ]),
  );
}

function toOutcome(
  { text, reasoning }: { readonly text: string; readonly reasoning: string },
  finished: Finished,
): NodeOutcome {
  const { inputTokens, outputTokens, provider, model } = finished;
  return {
    outputs: {
      text,
      reasoning_content: reasoning,
      usage: {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
      finish_reason: finished.finishReason,
    },
    usage: { inputTokens, outputTokens, provider, model },
  };
}
