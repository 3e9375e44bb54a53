import type { ModelImage } from '../../domain/message.js';

/** An image as one address: its own, or one that holds the image itself. */
export function dataUrl(image: ModelImage): string {
  return 'url' in image ? image.url : `data:${image.mediaType};base64,${image.data}`;
}
