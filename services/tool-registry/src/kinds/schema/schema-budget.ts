import { FailureError } from '@treadle/failure';

/** A schema that is larger is cut: a model would not read it. */
const mostSchemasOfTool = 3_000;
/** Of all tools of a source together: what is stored and described again with every version. */
const mostSchemasOfSource = 200_000;
/** Deeper forms are cut. */
const mostDepth = 40;

/** Counts the schemas written out, so that references which repeat each other cannot grow without end. */
export class SchemaBudget {
  #ofTool = 0;
  #ofSource = 0;
  /** Whether something of the present tool was left out. */
  cut = false;

  nextTool(): void {
    this.#ofTool = 0;
    this.cut = false;
  }

  /** Whether one more schema may be written out at this depth. @throws FailureError `limit_exceeded` for the whole source. */
  spend(depth: number): boolean {
    this.#ofTool++;
    this.#ofSource++;
    if (this.#ofSource > mostSchemasOfSource) {
      throw FailureError.of(
        'limit_exceeded',
        `The tools' parameters together have more than ${mostSchemasOfSource} parts. Register fewer tools at a time.`,
      );
    }
    if (this.#ofTool <= mostSchemasOfTool && depth <= mostDepth) return true;
    this.cut = true;
    return false;
  }
}
