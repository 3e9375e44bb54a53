import { isJsonObject, type JsonObject, valueAsText } from '@treadle/workflow';
import { readJsonObject } from '../model/read-json.js';
import type { ModelTool } from './model-tools.js';
import type { WrittenCall } from './to-call.js';

export interface ReactAnswer {
  /** What the model said, without what it made up behind its action. */
  readonly text: string;
  /** The answer where there is no action, else what it thought. */
  readonly thought: string;
  readonly action?: Pick<WrittenCall, 'name' | 'arguments'>;
}

const finalAnswer = /(?:^|\n)[ \t*#]*Final Answer[ \t*]*:[ \t*]*/i;
const actionMark = /(?:^|\n)[ \t*#]*Action[ \t*]*:[ \t*]*/i;
const inputMark = /(?:^|\n)[ \t*#]*Action Input[ \t*]*:[ \t*]*/i;
const observation = /\n[ \t*#]*Observation[ \t*]*:/i;
const thoughtMark = /^\s*[*#]*\s*Thought[ \t*]*:[ \t*]*/i;

/**
 * Reads what a model wrote in steps: `Thought`, `Action` and `Action Input`, or `Final Answer`. An action may also be one JSON object
 * with `action` and `action_input`. A text without either is the answer.
 */
export function readReactAnswer(said: string, tools: readonly ModelTool[]): ReactAnswer {
  const text = (said.split(observation)[0] ?? '').trim();
  const action = actionMark.exec(text);
  const final = finalAnswer.exec(text);
  if (final && (!action || final.index < action.index)) {
    return { text, thought: text.slice(final.index + final[0].length).trim() };
  }
  if (!action) return { text, thought: text.replace(thoughtMark, '').trim() };
  const thought = text.slice(0, action.index).replace(thoughtMark, '').trim();
  const written = text.slice(action.index + action[0].length);
  const object = inputMark.test(written) ? undefined : readJsonObject(written);
  if (object !== undefined && typeof object.action === 'string') return ofObject(text, thought, object, tools);
  return { text, thought, action: ofLines(written, tools) };
}

function ofObject(text: string, thought: string, object: JsonObject, tools: readonly ModelTool[]): ReactAnswer {
  const name = valueAsText(object.action ?? null);
  const input = object.action_input ?? {};
  if (/^final answer$/i.test(name.trim())) return { text, thought: valueAsText(input) };
  const given = isJsonObject(input) ? input : inputOf(valueAsText(input), name, tools);
  return { text, thought, action: { name, arguments: given } };
}

function ofLines(written: string, tools: readonly ModelTool[]): NonNullable<ReactAnswer['action']> {
  const mark = inputMark.exec(written);
  const named = mark ? written.slice(0, mark.index) : written;
  const name = (named.trim().split('\n')[0] ?? '').replaceAll(/^[\s`"'[]+|[\s`"'\].]+$/g, '');
  const input = mark ? written.slice(mark.index + mark[0].length) : '';
  return { name, arguments: inputOf(input, name, tools) };
}

/** Models write a bare text where a tool wants one argument. */
function inputOf(input: string, name: string, tools: readonly ModelTool[]): WrittenCall['arguments'] {
  const text = input.trim();
  const properties = tools.find((tool) => tool.name === name)?.parameters.properties;
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  if (text === '' || /^(?:none|null|n\/a)$/i.test(text)) return {};
  const object = readJsonObject(text);
  if (object !== undefined) return object;
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return { [only]: text.replaceAll(/^[`"']+|[`"']+$/g, '') };
  return { problem: "The action input is no JSON object. Write one with the tool's arguments." };
}
