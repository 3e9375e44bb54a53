import type { JsonObject } from '@treadle/workflow';
import type { Execute } from '../define-node.js';
import { askModel, type ModelAnswer } from '../model/ask-model.js';
import { readJsonObject } from '../model/read-json.js';
import type { Parameter, ParameterExtractorConfig } from './parameter-extractor.descriptor.js';
import { type ReadParameters, readParameters } from './read-parameters.js';
import { toQuestion } from './to-question.js';

/** A reason quotes this much of an answer, in characters. */
const longestQuote = 200;

/** Asks the model for the values. What it answers never fails the node: `__is_success` is 0 and `__reason` says why. */
export const executeParameterExtractor: Execute<ParameterExtractorConfig> = async (config, context) => {
  const answer = await askModel(await toQuestion(config, context), context, { reasoning: 'separated' });
  const { values, problems } = readAnswer(config.parameters, answer);
  return {
    outputs: {
      ...values,
      __is_success: problems.length === 0 ? 1 : 0,
      __reason: problems.join(' '),
      __usage: answer.usage,
    },
    usage: answer.billed,
  };
};

function readAnswer(parameters: readonly Parameter[], answer: ModelAnswer): ReadParameters {
  const given = givenIn(answer);
  if (given !== undefined) return readParameters(parameters, given);
  const { values } = readParameters(parameters, {});
  return { values, problems: [`The model gave no JSON. It said: "${answer.text.slice(0, longestQuote)}".`] };
}

/** The arguments of a call, or what the model wrote: some write JSON instead of calling. */
function givenIn({ toolCalls, text }: ModelAnswer): JsonObject | undefined {
  return [...toolCalls.map(({ argumentsJson }) => argumentsJson), text]
    .map(readJsonObject)
    .find((object) => object !== undefined);
}
