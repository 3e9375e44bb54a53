import { FailureError } from '@treadle/failure';
import type { ChatQuestion } from '../capabilities.js';
import type { Execute, NodeContext } from '../define-node.js';
import { askModel } from '../model/ask-model.js';
import { modelOf } from '../model/model-settings.js';
import { withImages } from '../model/to-images.js';
import { type LlmConfig, outputSchema } from './llm.descriptor.js';
import { readStructuredOutput, toResponseFormat } from './structured-output.js';
import { toMessages } from './to-messages.js';

/** Asks the model and shows its text as it appears. */
export const executeLlm: Execute<LlmConfig> = async (config, context) => {
  const question = await toQuestion(config, context);
  const answer = await askModel(question, context, { reasoning: config.reasoning_format, show: context.emitText });
  const schema = outputSchema(config);
  return {
    outputs: {
      text: answer.text,
      reasoning_content: answer.reasoning,
      usage: answer.usage,
      finish_reason: answer.finishReason,
      ...(schema && { structured_output: readStructuredOutput(answer, schema) }),
    },
    usage: answer.billed,
  };
};

async function toQuestion(config: LlmConfig, context: NodeContext): Promise<ChatQuestion> {
  const messages = await withImages(config.vision, await toMessages(config, context), context);
  if (messages.length === 0) {
    throw FailureError.of(
      'node_configuration',
      'The prompt is empty once its values are filled in. Give it some text.',
    );
  }
  const schema = outputSchema(config);
  return { ...modelOf(config.model), messages, ...(schema && { responseFormat: toResponseFormat(schema) }) };
}
