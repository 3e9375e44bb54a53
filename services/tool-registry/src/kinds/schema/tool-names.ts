const longestName = 64;

/** Gives every tool of a source a name that each model can call: letters, digits, `_` and `-`, 64 at most, no two alike. */
export class ToolNames {
  readonly #taken = new Set<string>();

  /** The wish as it is where it can be, else the nearest name that is free. */
  name(wish: string): string {
    const clean = wish.replaceAll(/[^A-Za-z0-9_-]+/g, '_').replaceAll(/^_+|_+$/g, '') || 'tool';
    let name = clean.slice(0, longestName);
    for (let copy = 2; this.#taken.has(name); copy++) {
      const suffix = `_${copy}`;
      name = clean.slice(0, longestName - suffix.length) + suffix;
    }
    this.#taken.add(name);
    return name;
  }
}
