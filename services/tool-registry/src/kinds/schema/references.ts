import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';

/** Longer chains of references lead nowhere. */
const longestChain = 50;

/** What a reference leads to, and by which pointers. */
export interface Target {
  readonly value: Json;
  /** Empty for a value that is no reference. */
  readonly pointers: readonly string[];
}

/** Follows references inside one document. Nothing is ever fetched. */
export class References {
  constructor(private readonly root: JsonObject) {}

  /** @throws FailureError `tool_source_invalid` for a reference that leaves the document, leads to nothing or in a circle. */
  follow(value: Json): Target {
    const pointers: string[] = [];
    let current = value;
    while (isJsonObject(current) && typeof current.$ref === 'string') {
      if (pointers.length > longestChain || pointers.includes(current.$ref)) {
        throw invalid(`The reference "${short(current.$ref)}" leads in a circle without ever naming a form.`);
      }
      pointers.push(current.$ref);
      current = this.#find(current.$ref);
    }
    return { value: current, pointers };
  }

  #find(pointer: string): Json {
    if (pointer === '#') return this.root;
    if (!pointer.startsWith('#')) {
      throw invalid(
        `The reference "${short(pointer)}" leads out of the document, and nothing is fetched on its behalf. Bundle the document into one (for example with "redocly bundle") and register that.`,
      );
    }
    let current: Json | undefined = pointer.startsWith('#/') ? this.root : undefined;
    for (const part of pointer.slice(2).split('/')) current = member(current, decoded(part));
    if (current !== undefined) return current;
    throw invalid(`The reference "${short(pointer)}" leads to nothing in the document.`);
  }
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(value)) return (value as readonly Json[])[Number(name)];
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function decoded(part: string): string {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

const short = (text: string) => text.slice(0, 200);

const invalid = (message: string) => FailureError.of('tool_source_invalid', message);
