import { fakeContext, fakeFiles } from '@treadle/testing/fake-capabilities';
import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../capabilities.js';
import type { FileValue } from '../files/file.js';
import { withImages } from './to-images.js';
import { visionSchema } from './vision.js';

const cat: FileValue = {
  type: 'image',
  name: 'cat.png',
  size: 3,
  mime_type: 'image/png',
  extension: '.png',
  transfer_method: 'local_file',
  url: '/api/v1/files/cat/content',
  related_id: 'cat',
};
const dog: FileValue = {
  ...cat,
  name: 'dog',
  transfer_method: 'remote_url',
  url: 'https://a.example/dog',
  related_id: null,
};
const files = fakeFiles({ cat: Buffer.from('cat') });
const asked: ChatMessage[] = [
  { role: 'system', text: 'Be kind.' },
  { role: 'user', text: 'What is it?' },
  { role: 'assistant', text: 'Hm.' },
];

function see(vision: object, values: Record<string, Json>, messages = asked) {
  const context = fakeContext(values, { files });
  return { context, shown: withImages(visionSchema.parse(vision), messages, context) };
}

describe('the pictures a model is shown', () => {
  it('stand behind the words of the last user message: stored ones whole, others by their address', async () => {
    const { shown } = see({ enabled: true }, { 'sys.files': [cat, dog] });
    expect(await shown).toEqual([
      asked[0],
      {
        role: 'user',
        text: 'What is it?',
        parts: [
          { type: 'text', text: 'What is it?' },
          { type: 'image-data', data: Buffer.from('cat').toString('base64'), mediaType: 'image/png' },
          { type: 'image-url', url: 'https://a.example/dog' },
        ],
      },
      asked[2],
    ]);
  });

  it('come from the variable that the node names', async () => {
    const vision = { enabled: true, configs: { variable_selector: ['start', 'photo'] } };
    expect((await see(vision, { 'start.photo': dog, 'sys.files': [cat] }).shown)[1]?.parts).toHaveLength(2);
  });

  it('are looked at as closely as the node says', async () => {
    const { shown } = see({ enabled: true, configs: { detail: 'low' } }, { 'sys.files': [cat, dog] });
    expect((await shown)[1]?.parts).toMatchObject([{ type: 'text' }, { detail: 'low' }, { detail: 'low' }]);
  });

  it('are a message of their own where the user says nothing', async () => {
    const { shown } = see({ enabled: true }, { 'sys.files': [dog] }, []);
    expect(await shown).toEqual([{ role: 'user', text: '', parts: [{ type: 'image-url', url: dog.url }] }]);
  });

  it('are none without vision, without files, and where the files are no pictures', async () => {
    expect(await see({ enabled: false }, { 'sys.files': [cat] }).shown).toBe(asked);
    expect(await see({ enabled: true }, { 'sys.files': [] }).shown).toBe(asked);
    const { context, shown } = see({ enabled: true }, { 'sys.files': [{ ...cat, type: 'document', name: 'a.pdf' }] });
    expect(await shown).toBe(asked);
    expect(context.warnings).toEqual(['The model was not shown "a.pdf": only pictures are.']);
  });

  it('fail the node when they are gone', async () => {
    await expect(see({ enabled: true }, { 'sys.files': [{ ...cat, related_id: 'gone' }] }).shown).rejects.toMatchObject(
      {
        failure: { code: 'file_not_found' },
      },
    );
  });
});
