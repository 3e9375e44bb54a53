import { htmlToMarkdown } from './html.js';
import type { Zip } from './zip.js';

/** Parts of a Word file without text. */
const noText = /^word\/(?:media|embeddings|fonts)\//;

/** A Word file as Markdown. */
export async function readWord(zip: Zip): Promise<string> {
  const { default: mammoth } = await import('mammoth');
  const buffer = zip.unpacked((name) => !noText.test(name));
  const convertImage = mammoth.images.imgElement(async () => ({ src: '' }));
  const { value } = await mammoth.convertToHtml({ buffer }, { convertImage, externalFileAccess: false });
  return htmlToMarkdown(value);
}
