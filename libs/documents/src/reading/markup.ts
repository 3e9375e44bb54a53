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

/** A page, also of a piece of one. */
export async function parsePage(html: string): Promise<Page> {
  const { parseHTML } = await import('linkedom');
  const whole = /<html[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`;
  return (parseHTML(whole) as unknown as { document: Page }).document;
}

export async function parseXml(xml: string): Promise<Markup> {
  const { DOMParser } = await import('linkedom');
  return new DOMParser().parseFromString(xml, 'text/xml') as unknown as Markup;
}
