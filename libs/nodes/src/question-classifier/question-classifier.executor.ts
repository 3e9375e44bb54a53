import { renderTextTemplate } from '@treadle/workflow';
import type { Execute } from '../define-node.js';
import { askModel } from '../model/ask-model.js';
import { chosenClass } from './chosen-class.js';
import type { QuestionClass, QuestionClassifierConfig } from './question-classifier.descriptor.js';
import { toQuestion } from './to-question.js';

/** A warning quotes this much of an answer, in characters. */
const longestQuote = 200;

/** Asks the model for a class and takes its branch; an answer that names none takes the first, with a warning. */
export const executeQuestionClassifier: Execute<QuestionClassifierConfig> = async (config, context) => {
  const named = (each: QuestionClass) => ({ ...each, name: renderTextTemplate(each.name, context.read) });
  const [first, ...others] = config.classes;
  const classes = [named(first), ...others.map(named)] as const;
  const question = await toQuestion(config, classes, context);
  const answer = await askModel(question, context, { reasoning: 'separated' });
  const chosen = chosenClass(answer.text, classes);
  if (chosen === undefined) context.warn(noneChosen(answer.text, classes[0]));
  const { id, name, label } = chosen ?? classes[0];
  return {
    outputs: { class_name: name, class_label: label || name, class_id: id, usage: answer.usage },
    handle: id,
    usage: answer.billed,
  };
};

function noneChosen(answer: string, { id, name }: QuestionClass): string {
  const said = answer.slice(0, longestQuote);
  return `The model named none of the classes, so the first was taken, "${name || id}". It said: "${said}".`;
}
