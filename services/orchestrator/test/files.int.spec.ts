import { File } from '@treadle/contracts';
import { MemoryFileStore } from '@treadle/files';
import { InProcessBus } from '@treadle/messaging';
import { testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rig, tenantId } from './rig.js';

const document = (variables: object[]) =>
  ({
    format: 'treadle/v1',
    name: 'files',
    nodes: [
      { id: 'start', type: 'start', config: { variables } },
      {
        id: 'end',
        type: 'end',
        config: {
          outputs: [
            { variable: 'photo', value_selector: ['start', 'photo'] },
            { variable: 'papers', value_selector: ['start', 'papers'] },
            { variable: 'files', value_selector: ['sys', 'files'] },
          ],
        },
      },
    ],
    edges: [{ source: 'start', target: 'end' }],
  }) as Parameters<Rig['store']>[0];

let rig: Rig;
let workflow: string;
let drop: () => Promise<void>;
const store = new MemoryFileStore();
const cat = File.fromPartial({
  id: '0b9d2d0e-3c55-4a50-9d5c-7c0f3ad4b001',
  name: 'cat.png',
  extension: 'png',
  mediaType: 'image/png',
  kind: 'image',
  bytes: 3,
  sha256: 'cat',
});
const paper = File.fromPartial({
  ...cat,
  id: cat.id.replace('b001', 'b002'),
  name: 'a.pdf',
  extension: 'pdf',
  kind: 'document',
});
const foreign = File.fromPartial({ ...cat, id: cat.id.replace('b001', 'b003') });

beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  rig = new Rig(database.connectionString, new InProcessBus(), { alone: true, files: store });
  await rig.orchestrator.start();
  workflow = await rig.store(
    document([
      { variable: 'photo', type: 'file', allowed_file_types: ['image'] },
      { variable: 'papers', type: 'file-list', max_length: 2 },
    ]),
  );
  const { controllers } = rig.orchestrator;
  await store.put(`${tenantId}/files/${cat.id}`, Buffer.from('cat'));
  for (const file of [cat, paper]) await controllers.files.registerFile({ tenantId, file });
  await controllers.files.registerFile({ tenantId: 'other', file: foreign });
});
afterAll(async () => {
  await rig?.close();
  await drop?.();
});

async function outputsOf(inputs: object, files: object[] = []): Promise<Record<string, unknown>> {
  const request = { inputsJson: JSON.stringify(inputs), filesJson: JSON.stringify(files), wait: true };
  const answers = await rig.start(workflow, request);
  const run = await rig.read(answers[0]!.run!.id);
  return JSON.parse(run.outputsJson) as Record<string, unknown>;
}

const catValue = {
  type: 'image',
  name: 'cat.png',
  size: 3,
  mime_type: 'image/png',
  extension: '.png',
  transfer_method: 'local_file',
  url: `/api/v1/files/${cat.id}/content`,
  related_id: cat.id,
};

describe('files that a run begins with', () => {
  it('are handed to nodes with all that is known of them', async () => {
    const local = { type: 'document', transfer_method: 'local_file', upload_file_id: paper.id };
    const remote = { transfer_method: 'remote_url', url: 'https://a.example/b.pdf' };
    expect(await outputsOf({ photo: { file_id: cat.id }, papers: [local, remote] }, [{ file_id: cat.id }])).toEqual({
      photo: catValue,
      papers: [
        expect.objectContaining({ name: 'a.pdf', related_id: paper.id }),
        expect.objectContaining({ name: 'b.pdf', transfer_method: 'remote_url', url: remote.url, size: null }),
      ],
      files: [catValue],
    });
  });

  it('are put and checked in what a continued run is given; what its origin was given stays', async () => {
    const answers = await rig.start(workflow, {
      inputsJson: JSON.stringify({ photo: { file_id: cat.id } }),
      wait: true,
    });
    const rerun = async (inputs: object) => {
      const request = { tenantId, runId: answers[0]!.run!.id, nodeKey: 'start', inputsJson: JSON.stringify(inputs) };
      const more = { variablesJson: '', version: '', idempotencyKey: '', requestHash: '', wait: true, traceparent: '' };
      const { continuations } = rig.orchestrator.controllers;
      const again = await Array.fromAsync(continuations.rerunRun({ ...request, ...more }));
      return JSON.parse(again.at(-1)!.run!.outputsJson) as object;
    };
    expect(await rerun({ papers: [{ file_id: paper.id }] })).toMatchObject({
      photo: catValue,
      papers: [{ name: 'a.pdf', related_id: paper.id }],
    });
    await expect(rerun({ photo: { file_id: foreign.id } })).rejects.toMatchObject({
      failure: { code: 'invalid_inputs', field: 'inputs.photo', message: expect.stringContaining('does not exist') },
    });
    await expect(rerun({ photo: { file_id: paper.id } })).rejects.toMatchObject({
      failure: { code: 'invalid_inputs', field: 'inputs.photo', message: expect.stringContaining('takes image') },
    });
  });

  it('may be left out', async () => {
    expect(await outputsOf({})).toEqual({ photo: null, papers: [], files: [] });
  });

  it.each<[string, object, object[], string, string]>([
    ['that do not exist', { photo: { file_id: 'nothing' } }, [], 'inputs.photo', 'does not exist'],
    ['of another tenant', { photo: { file_id: foreign.id } }, [], 'inputs.photo', 'does not exist'],
    ['of a kind that is not allowed', { photo: { file_id: paper.id } }, [], 'inputs.photo', 'takes image; "a.pdf"'],
    ['that are too many', { papers: [1, 2, 3].map(() => ({ file_id: cat.id })) }, [], 'inputs.papers', 'holds 3 files'],
    ['that are none', { papers: [{ name: 'x' }] }, [], 'inputs.papers', 'names no file'],
    ['with a question that do not exist', {}, [{ file_id: foreign.id }], 'files', 'does not exist'],
    ['with a question without measure', {}, Array(51).fill({ file_id: cat.id }), 'files', '51 files; at most 50'],
  ])('%s are refused', async (_, inputs, files, field, sentence) => {
    await expect(outputsOf(inputs, files)).rejects.toMatchObject({
      failure: { code: 'invalid_inputs', field, message: expect.stringContaining(sentence) },
    });
  });
});

describe('an uploaded file', () => {
  it("is its tenant's alone", async () => {
    const { controllers } = rig.orchestrator;
    const question = { tenantId: 'other', fileId: cat.id };
    const missing = { failure: { code: 'file_not_found' } };
    await expect(controllers.files.getFile(question)).rejects.toMatchObject(missing);
    await expect(controllers.files.deleteFile(question)).rejects.toMatchObject(missing);
    await expect(controllers.files.registerFile({ tenantId: 'other', file: cat })).rejects.toMatchObject(missing);
    expect((await controllers.files.getFile({ tenantId, fileId: cat.id })).file).toMatchObject({
      name: 'cat.png',
      bytes: 3,
    });
  });

  it('is known no more when it was deleted, nor is it kept', async () => {
    const { controllers } = rig.orchestrator;
    const file = { ...cat, id: cat.id.replace('b001', 'b004') };
    await store.put(`${tenantId}/files/${file.id}`, Buffer.from('gone soon'));
    await controllers.files.registerFile({ tenantId, file });
    await controllers.files.deleteFile({ tenantId, fileId: file.id });
    await expect(controllers.files.getFile({ tenantId, fileId: file.id })).rejects.toMatchObject({
      failure: { code: 'file_not_found' },
    });
    expect(await store.head(`${tenantId}/files/${file.id}`)).toBeUndefined();
  });
});
