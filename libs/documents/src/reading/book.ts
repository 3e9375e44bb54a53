import { posix } from 'node:path';
import { readHtml } from './html.js';
import { type Markup, parseXml } from './markup.js';
import { unreadable } from './problem.js';
import type { Zip } from './zip.js';

/** The chapters of an EPUB in the order in which it is read. */
export async function readBook(zip: Zip): Promise<string> {
  const [root] = (await parsePart(zip, 'META-INF/container.xml')).getElementsByTagName('rootfile');
  const contents = root?.getAttribute('full-path') ?? '';
  const book = await parsePart(zip, contents);
  const items = Array.from(book.getElementsByTagName('item'));
  const files = new Map(items.map((item) => [item.getAttribute('id'), item.getAttribute('href') ?? '']));
  const chapters: string[] = [];
  for (const reference of book.getElementsByTagName('itemref')) {
    const href = decodeURIComponent(files.get(reference.getAttribute('idref')) ?? '');
    const html = zip.text(posix.join(posix.dirname(contents), href));
    if (html !== undefined) chapters.push(await readHtml(html));
  }
  return chapters.filter((chapter) => chapter !== '').join('\n\n');
}

async function parsePart(zip: Zip, name: string): Promise<Markup> {
  const xml = zip.text(name);
  if (xml === undefined) throw unreadable(`lacks its part ${name}. Save it again and retry.`);
  return parseXml(xml);
}
