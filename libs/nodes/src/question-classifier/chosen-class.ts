import { readJsonObject } from '../model/read-json.js';
import { withoutThinking } from '../model/think-splitter.js';
import type { QuestionClass } from './question-classifier.descriptor.js';

/** The class that an answer names, in JSON or alone, by its id or else by its name or label; `undefined` when it names none. */
export function chosenClass(answer: string, classes: readonly QuestionClass[]): QuestionClass | undefined {
  const object = readJsonObject(answer);
  const said = object === undefined ? [withoutThinking(answer)] : Object.values(object).filter(isWord);
  const words = said.map(bare).filter((word) => word !== '');
  const byId = classes.find(({ id }) => words.includes(bare(id)));
  return byId ?? classes.find(({ name, label }) => words.includes(bare(name)) || words.includes(bare(label ?? name)));
}

function isWord(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/** Without what models put around a word: white space, quotes, stars, backticks, a full stop. */
function bare(word: string | number): string {
  return String(word)
    .replace(/^[\s"'`*]+/, '')
    .replace(/[\s"'`*.]+$/, '')
    .toLowerCase();
}
