import type { ChatMessage } from '../capabilities.js';
import { modelOf } from '../model/model-settings.js';
import { promptOf } from '../model/prompt-sections.js';
import { readReactAnswer } from './read-react-answer.js';
import type { Strategy, Turn } from './strategy.js';
import { toCall } from './to-call.js';

const format = `Work in steps. In each step write exactly this, and nothing behind it:

Thought: what you know and what you need next
Action: the name of one tool
Action Input: a JSON object with its arguments

You are then told an Observation, which is the tool's answer: never write one yourself. When you know enough, write instead:

Thought: why you are done
Final Answer: the answer to the question`;

const lastWord = 'No tool can be called any more. Write your Final Answer now, with what you know.';

/** The model writes down what it calls, which every model can. */
export const react: Strategy = {
  begin: (turn, transcript) => (turn.round > 0 ? transcript : withTools(turn, transcript)),

  results: (results) => results.map(({ text }) => ({ role: 'user', text: `Observation: ${text}` })),

  question: ({ config, isLast }, messages) => {
    const { parameters, ...model } = modelOf(config.model);
    const stop = parameters['stop'] ?? ['\nObservation:'];
    const ending: ChatMessage[] = isLast ? [{ role: 'user', text: lastWord }] : [];
    return { ...model, parameters: { ...parameters, stop }, messages: [...messages, ...ending] };
  },

  readAnswer: (turn, { text: said }) => {
    const { text, thought, action } = readReactAnswer(said, turn.tools);
    const reply: ChatMessage = { role: 'assistant', text };
    if (action === undefined || turn.isLast) return { reply, calls: [], text: action === undefined ? thought : said };
    return { reply, calls: [toCall({ id: `call_${turn.round}_0`, ...action }, 0, turn)], text: thought };
  },
};

function withTools({ tools }: Turn, [first, ...others]: readonly ChatMessage[]): readonly ChatMessage[] {
  const listed = tools.map(
    ({ name, description, parameters }) => `- ${name}: ${description} Arguments: ${JSON.stringify(parameters)}`,
  );
  const how = promptOf(['How to answer', format], ['The tools', listed.join('\n') || '(none)']);
  if (first?.role === 'system') return [{ role: 'system', text: `${first.text}\n\n${how}` }, ...others];
  return [{ role: 'system', text: how }, ...(first === undefined ? [] : [first]), ...others];
}
