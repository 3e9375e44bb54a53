import { FailureError } from '@treadle/failure';
import { builtInFields, invalid, isId, type MetadataFieldType, parseFields } from './dataset.js';
import type { Datasets } from './datasets.js';
import { textOf } from './given.js';
import type { IndexRef } from './vector-store.js';

export interface Tag {
  readonly id: string;
  readonly name: string;
  /** That it is on. */
  readonly datasetIds: readonly string[];
}

export interface Field {
  readonly id: string;
  readonly name: string;
  readonly type: MetadataFieldType;
  /** That have a value for it. */
  readonly documents: number;
}

export interface Fields {
  readonly fields: readonly Field[];
  readonly showsBuiltIn: boolean;
}

/** Tags and fields in PostgreSQL. Whatever belongs to another tenant does not exist. */
export interface LabelRepository {
  tags(tenantId: string): Promise<Tag[]>;
  /** Throws FailureError `already_exists`. */
  addTag(tenantId: string, name: string): Promise<Tag>;
  /** Undefined when there is no such tag. Throws FailureError `already_exists`. */
  renameTag(tenantId: string, tagId: string, name: string): Promise<Tag | undefined>;
  deleteTag(tenantId: string, tagId: string): Promise<boolean>;
  bind(dataset: IndexRef, tagIds: readonly string[], bound: boolean): Promise<void>;
  fields(dataset: IndexRef): Promise<Fields>;
  /** Gives documents their value under another name, or none, and leaves word for the vector store where it is told of changes. */
  changeField(dataset: IndexRef, name: string, newName: string | undefined): Promise<void>;
  showBuiltIn(dataset: IndexRef, shown: boolean): Promise<void>;
}

export interface LabelsParts {
  readonly datasets: Datasets;
  readonly labels: LabelRepository;
  /** Tells those who mend the vector store that there may be work. */
  readonly nudgeUpkeep: () => void;
}

const mostTags = 1000;

/** What tenants call their datasets and what they note of documents. */
export class Labels {
  constructor(private readonly parts: LabelsParts) {}

  tags(tenantId: string): Promise<Tag[]> {
    return this.parts.labels.tags(tenantId);
  }

  async addTag(tenantId: string, name: string): Promise<Tag> {
    const count = (await this.tags(tenantId)).length;
    if (count >= mostTags) throw FailureError.of('limit_exceeded', `There are ${count} tags, which is the limit.`);
    return this.parts.labels.addTag(tenantId, tagName(name));
  }

  async renameTag(tenantId: string, tagId: string, name: string): Promise<Tag> {
    const tag = isId(tagId) ? await this.parts.labels.renameTag(tenantId, tagId, tagName(name)) : undefined;
    if (!tag) throw missing('tag', tagId);
    return tag;
  }

  async deleteTag(tenantId: string, tagId: string): Promise<void> {
    if (!isId(tagId) || !(await this.parts.labels.deleteTag(tenantId, tagId))) throw missing('tag', tagId);
  }

  /** Puts tags on a dataset, or takes them off. */
  async bind(tenantId: string, datasetId: string, tagIds: readonly string[], bound: boolean): Promise<void> {
    const { index } = await this.parts.datasets.get(tenantId, datasetId);
    const known = new Set((await this.tags(tenantId)).map((tag) => tag.id));
    const unknown = tagIds.find((tagId) => !known.has(tagId));
    if (unknown !== undefined) throw missing('tag', unknown);
    await this.parts.labels.bind(index, tagIds, bound);
  }

  async fields(tenantId: string, datasetId: string): Promise<Fields> {
    const { index } = await this.parts.datasets.get(tenantId, datasetId);
    return this.parts.labels.fields(index);
  }

  async addField(tenantId: string, datasetId: string, name: string, type: string): Promise<Field> {
    const { metadataFields } = await this.parts.datasets.get(tenantId, datasetId);
    if (Object.hasOwn(metadataFields, name)) throw taken(name);
    const metadataFieldsJson = JSON.stringify({ ...metadataFields, [name]: type });
    await this.parts.datasets.update(tenantId, datasetId, { metadataFieldsJson });
    return this.named(tenantId, datasetId, name);
  }

  async renameField(tenantId: string, datasetId: string, fieldId: string, name: string): Promise<Field> {
    const { index, metadataFields } = await this.parts.datasets.get(tenantId, datasetId);
    const field = await this.field(tenantId, datasetId, fieldId);
    if (field.name === name) return field;
    if (Object.hasOwn(metadataFields, name)) throw taken(name);
    parseFields(JSON.stringify({ [name]: field.type }));
    await this.parts.labels.changeField(index, field.name, name);
    this.parts.nudgeUpkeep();
    return this.field(tenantId, datasetId, fieldId);
  }

  async deleteField(tenantId: string, datasetId: string, fieldId: string): Promise<void> {
    const { index } = await this.parts.datasets.get(tenantId, datasetId);
    const { name } = await this.field(tenantId, datasetId, fieldId);
    await this.parts.labels.changeField(index, name, undefined);
    this.parts.nudgeUpkeep();
  }

  async showBuiltIn(tenantId: string, datasetId: string, shown: boolean): Promise<void> {
    const { index } = await this.parts.datasets.get(tenantId, datasetId);
    await this.parts.labels.showBuiltIn(index, shown);
  }

  private async field(tenantId: string, datasetId: string, fieldId: string): Promise<Field> {
    const field = (await this.fields(tenantId, datasetId)).fields.find(({ id }) => id === fieldId);
    if (!field) throw missing('field', fieldId);
    return field;
  }

  private async named(tenantId: string, datasetId: string, name: string): Promise<Field> {
    const field = (await this.fields(tenantId, datasetId)).fields.find((one) => one.name === name);
    if (!field) throw missing('field', name);
    return field;
  }
}

/** What every document has, as fields. */
export const builtIn: readonly Field[] = Object.entries(builtInFields).map(([name, type]) => ({
  ...{ id: name, name, type },
  documents: 0,
}));

function tagName(name: string): string {
  const trimmed = textOf('name', name.trim(), 50);
  if (trimmed === '') throw invalid('name', 'A tag has a name of 1 to 50 characters.');
  return trimmed;
}

function taken(name: string): FailureError {
  const message = `The dataset has a metadata field "${name.slice(0, 64)}" already. Choose another name.`;
  return FailureError.of('already_exists', message, { field: 'name' });
}

function missing(what: 'field' | 'tag', id: string): FailureError {
  return FailureError.of('not_found', `There is no ${what} ${id.slice(0, 100)}.`, { field: `${what}_id` });
}
