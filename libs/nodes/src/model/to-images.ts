import type { Read } from '@treadle/workflow';
import type { ChatContent, ChatMessage } from '../capabilities.js';
import type { NodeContext } from '../define-node.js';
import { type FileValue, filesOf } from '../files/file.js';
import { type Vision, visionSelector } from './vision.js';

/** Providers take no larger pictures. */
const maxImageBytes = 20 * 1024 * 1024;

/**
 * The same messages with the pictures the node is shown, behind the words of the last user message. Pictures elsewhere go as addresses,
 * which the provider fetches; files that are no pictures are left out with a warning.
 * @throws FailureError `file_not_found`, `payload_too_large`.
 */
export async function withImages(
  vision: Vision | null | undefined,
  messages: readonly ChatMessage[],
  { read, warn, capabilities }: Pick<NodeContext, 'read' | 'warn' | 'capabilities'>,
): Promise<readonly ChatMessage[]> {
  if (vision?.enabled !== true) return messages;
  const images = imagesOf(read, vision, warn);
  if (images.length === 0) return messages;
  const { detail } = vision.configs ?? {};
  const settings = detail ? { detail } : {};
  const contents = await Promise.all(
    images.map(async (file): Promise<ChatContent> => {
      if (file.transfer_method === 'remote_url') return { type: 'image-url', url: file.url, ...settings };
      const bytes = await capabilities.files.read(file, maxImageBytes);
      const data = Buffer.from(bytes).toString('base64');
      return { type: 'image-data', data, mediaType: file.mime_type, ...settings };
    }),
  );
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const { text = '' } = messages[at] ?? {};
  const shown: ChatMessage = {
    role: 'user',
    text,
    parts: [...(text === '' ? [] : [{ type: 'text', text } as const]), ...contents],
  };
  return at < 0 ? [...messages, shown] : messages.with(at, shown);
}

function imagesOf(read: Read, vision: Vision, warn: NodeContext['warn']): FileValue[] {
  const files = filesOf(read(visionSelector(vision)));
  const others = files.filter(({ type }) => type !== 'image').map(({ name }) => `"${name}"`);
  if (others.length > 0) warn(`The model was not shown ${others.join(', ')}: only pictures are.`);
  return files.filter(({ type }) => type === 'image');
}
