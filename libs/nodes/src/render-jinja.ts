import { FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import { Environment } from 'minijinja-js';
import { joinPlain } from './join-plain.js';

/** Steps a template may take. One step may still take all memory or never end. */
export const maxTemplateFuel = 1_000_000;

/** Longest text a template may give, in characters. */
export const maxRenderedLength = 400_000;

/** A name, or a path into its value, between braces; nothing that computes. */
const reference = /\{\{-?\s*([A-Za-z_]\w*)(?:\.[A-Za-z_]\w*|\[\d+\])*\s*-?\}\}/g;
/** The longest template that is looked into here. */
const longestPlain = 50_000;

/** Whether a template is text and references only, so that rendering it is bounded by what it refers to. */
export function isPlainTemplate(template: string): boolean {
  return template.length <= longestPlain && !/\{[{%#]|[%#}]\}/.test(template.replace(reference, ''));
}

/**
 * Renders a plain template where it is met, within the limit on its text.
 * @throws FailureError `template_error`, `limit_exceeded`.
 */
export function renderPlain(template: string, variables: Readonly<Record<string, Json>>): string {
  let most = template.length;
  const lengths = new Map(Object.entries(variables).map(([name, value]) => [name, textLength(value)]));
  for (const [, name = ''] of template.matchAll(reference)) most += lengths.get(name) ?? 0;
  // Written out, a value is hardly longer than as JSON.
  if (most > 4 * maxRenderedLength) throw renderedTooLong(most);
  const text = joinPlain(template, variables) ?? renderWhole(template, variables);
  if (text.length > maxRenderedLength) throw renderedTooLong(text.length);
  return text;
}

function renderWhole(template: string, variables: Readonly<Record<string, Json>>): string {
  const environment = new Environment();
  try {
    environment.enablePyCompat();
    environment.fuel = maxTemplateFuel;
    return environment.renderStr(template, variables);
  } catch (error) {
    throw templateFailure(error);
  } finally {
    environment.free();
  }
}

function textLength(value: Json): number {
  return typeof value === 'string' ? value.length : JSON.stringify(value).length;
}

/** What the renderer says, as a failure: `template_error` with the line at fault, or `limit_exceeded`. */
export function templateFailure(error: unknown): FailureError {
  // The first line says it all; the rest draws the place with the whole line of the template.
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  if (reason.includes('ran out of fuel')) {
    const message = 'The template takes too many steps. Loop over fewer items.';
    return FailureError.of('limit_exceeded', message, {}, { cause: error });
  }
  const line = /\(in <string>:(\d+)\)/.exec(reason)?.[1];
  const what = reason.replace(/ ?\(in <string>:\d+\)/, '').slice(0, 500);
  const where = line === undefined ? '' : ` (line ${line})`;
  const details = line === undefined ? {} : { details: { line: Number(line) } };
  const message = `The template cannot be rendered: ${what}${where}.`;
  return FailureError.of('template_error', message, details, { cause: error });
}

export function renderedTooLong(characters: number): FailureError {
  const message = `The template gave ${characters} characters; at most ${maxRenderedLength} are allowed.`;
  return FailureError.of('limit_exceeded', message);
}
