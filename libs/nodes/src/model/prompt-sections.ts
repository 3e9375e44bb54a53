/** A text of headed sections. Sections without words are left out. */
export function promptOf(...sections: readonly (readonly [heading: string, text: string])[]): string {
  return sections
    .filter(([, text]) => text.trim() !== '')
    .map(([heading, text]) => `${heading}:\n${text}`)
    .join('\n\n');
}
