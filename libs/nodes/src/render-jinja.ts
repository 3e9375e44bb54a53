import { FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import { Environment } from 'minijinja-js';

/** Steps a template may take: some tens of milliseconds. */
const maxFuel = 1_000_000;

/** Longest text a template may give, in characters. */
export const maxRenderedLength = 400_000;

/**
 * Renders a Jinja2 template that sees the given variables and nothing else.
 * Throws `template_error` with the line at fault, and `limit_exceeded` when it runs or writes too long.
 */
export function renderJinja(template: string, variables: Readonly<Record<string, Json>>): string {
  const environment = new Environment();
  try {
    environment.enablePyCompat();
    environment.fuel = maxFuel;
    return withinLimit(render(environment, template, variables));
  } finally {
    release(environment);
  }
}

/** After a trap the environment counts as in use for ever, and freeing it throws: its memory is lost, the failure must not be. */
function release(environment: Environment): void {
  try {
    environment.free();
  } catch {
    return;
  }
}

function render(environment: Environment, template: string, variables: Readonly<Record<string, Json>>): string {
  try {
    return environment.renderStr(template, variables);
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError') {
      throw FailureError.of(
        'limit_exceeded',
        'The template needs too much memory. Make its texts shorter.',
        {},
        { cause: error },
      );
    }
    // The first line says it all; the rest draws the place with the whole line of the template.
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    if (reason.includes('ran out of fuel')) {
      throw FailureError.of(
        'limit_exceeded',
        'The template takes too many steps. Loop over fewer items.',
        {},
        { cause: error },
      );
    }
    const line = /\(in <string>:(\d+)\)/.exec(reason)?.[1];
    const what = reason.replace(/ ?\(in <string>:\d+\)/, '');
    const where = line === undefined ? '' : ` (line ${line})`;
    const details = line === undefined ? {} : { details: { line: Number(line) } };
    throw FailureError.of('template_error', `The template cannot be rendered: ${what}${where}.`, details, {
      cause: error,
    });
  }
}

function withinLimit(text: string): string {
  if (text.length <= maxRenderedLength) return text;
  const message = `The template gave ${text.length} characters; at most ${maxRenderedLength} are allowed.`;
  throw FailureError.of('limit_exceeded', message);
}
