/** The part of the DOM that is used here. Its types come with a browser's, which there are none of. */
export interface Markup {
  readonly textContent: string | null;
  readonly innerHTML: string;
  getAttribute(name: string): string | null;
  getElementsByTagName(name: string): Iterable<Markup>;
  querySelectorAll(selector: string): Iterable<Markup>;
  remove(): void;
}

export interface Page extends Markup {
  readonly title: string;
  readonly body: Markup;
  cloneNode(deep: boolean): Page;
}

/** A page as browsers read it, also where its tags are left out; linkedom takes tags as they come, and would lose what stands outside of a body. */
export async function parsePage(html: string): Promise<Page> {
  const [{ parse, serialize }, { parseHTML }] = await Promise.all([import('parse5'), import('linkedom')]);
  return (parseHTML(serialize(parse(html))) as unknown as { document: Page }).document;
}

export async function parseXml(xml: string): Promise<Markup> {
  const { DOMParser } = await import('linkedom');
  return new DOMParser().parseFromString(xml, 'text/xml') as unknown as Markup;
}
