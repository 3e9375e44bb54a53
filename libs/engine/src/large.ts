import { type Failure, failure } from '@treadle/failure';
import { inlineBytes, largeIn, type Read, type Reference, selectorText } from '@treadle/workflow';

/** A value behind a reference that a node would have to look into. */
export interface LargeRead {
  readonly reference: Reference;
  readonly bytes: number;
}

/** The first of these values that is not here, but in the file store. Values that are only handed on may stay there. */
export function largeReadOf(references: readonly Reference[], read: Read): LargeRead | undefined {
  for (const reference of references) {
    const facts = reference.handedOn ? undefined : largeIn(read(reference.selector));
    if (facts) return { reference, bytes: facts.bytes };
  }
  return undefined;
}

/** What a node fails with that would have to look into a large value where no executor can do it in its place. */
export function tooLarge({ reference, bytes }: LargeRead): Failure {
  const message = `"${selectorText(reference.selector)}" has ${bytes} bytes; at most ${inlineBytes} can be looked into here. Make it shorter before, for example with a template.`;
  return failure('limit_exceeded', message, { details: { bytes, limit: inlineBytes } });
}
