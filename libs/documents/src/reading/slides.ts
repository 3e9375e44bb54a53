import { parseXml } from './markup.js';
import type { Zip } from './zip.js';

/** The words of a presentation, slide by slide, each under its number. */
export async function readSlides(zip: Zip): Promise<string> {
  const slides = zip.names
    .flatMap((name) => {
      const number = /^ppt\/slides\/slide(\d+)\.xml$/.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    })
    .sort((one, other) => one.number - other.number);
  const texts: string[] = [];
  for (const { name, number } of slides) {
    const text = await textOf(zip.text(name) ?? '');
    if (text !== '') texts.push(`## ${number}\n\n${text}`);
  }
  return texts.join('\n\n');
}

async function textOf(xml: string): Promise<string> {
  const slide = await parseXml(xml);
  const paragraphs = Array.from(slide.getElementsByTagName('a:p'), (paragraph) =>
    Array.from(paragraph.getElementsByTagName('a:t'), ({ textContent }) => textContent ?? '').join(''),
  );
  return paragraphs.filter((paragraph) => paragraph.trim() !== '').join('\n');
}
