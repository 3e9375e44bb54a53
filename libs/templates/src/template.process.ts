import { createInterface } from 'node:readline';
import { Environment } from 'minijinja-js';
import type { TemplateCall, TemplateLimits, TemplateReply } from './template-call.js';

/**
 * The process in which templates are rendered: calls come in as lines of JSON, replies go out as lines of JSON. Its one argument says the
 * limits. Imports nothing of ours but types, so that it also runs from source.
 */
const { fuel, mostCharacters } = JSON.parse(process.argv[2] ?? '') as TemplateLimits;

function render({ template, variables }: TemplateCall): TemplateReply {
  const environment = new Environment();
  try {
    environment.enablePyCompat();
    environment.fuel = fuel;
    const text = environment.renderStr(template, variables);
    return text.length > mostCharacters ? { kind: 'too-long', characters: text.length } : { kind: 'rendered', text };
  } catch (error) {
    // WebAssembly has run out of memory, and nothing is left to go on with.
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
      return { kind: 'exceeded', limit: 'memory' };
    return { kind: 'raised', message: error instanceof Error ? error.message : String(error) };
  } finally {
    release(environment);
  }
}

/** After a trap the environment counts as in use for ever, and freeing it throws. */
function release(environment: Environment): void {
  try {
    environment.free();
  } catch {
    return;
  }
}

const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

createInterface({ input: process.stdin }).on('line', (line) => {
  say(render(JSON.parse(line) as TemplateCall));
  say('ready');
});
say('ready');
