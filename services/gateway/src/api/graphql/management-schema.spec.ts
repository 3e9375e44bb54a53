import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { buildSchema, isIntrospectionType, isObjectType, printSchema } from 'graphql';
import { expect, it } from 'vitest';
import { BoundAccess } from '../../domain/access/bound-access.js';
import { accessOfField } from './field-config.js';
import { managementSchema } from './management-schema.js';
import { FieldReader } from './read-field.js';

const away = () => Promise.reject(new Error('nothing is read here'));
const bounds = new BoundAccess({ getRun: away }, { getConversation: away });
const schema = managementSchema(new FieldReader(bounds, () => ({})));
const file = new URL('../../../schema.graphql', import.meta.url);

it('is the schema of the file; UPDATE_SCHEMA=1 writes it', async () => {
  const printed = printSchema(schema);
  if (process.env['UPDATE_SCHEMA']) await writeFile(file, printed);
  // The file is formatted as all files are.
  expect(printSchema(buildSchema(await readFile(file, 'utf8')))).toBe(printed);
});

it('says of every field that reads something who may ask for it', () => {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !isIntrospectionType(type));
  const reading = types.flatMap((type) =>
    Object.values(isObjectType(type) ? type.getFields() : {})
      .filter(({ resolve, subscribe }) => resolve || subscribe)
      .map((field) => ({ name: `${type.name}.${field.name}`, access: accessOfField(field) })),
  );
  expect(reading.filter(({ access }) => access === undefined)).toEqual([]);
  const roots = [schema.getQueryType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.values(type?.getFields() ?? {}),
  );
  expect(roots.filter((field) => accessOfField(field) === undefined).map(({ name }) => name)).toEqual([]);
  expect(reading.length).toBeGreaterThan(roots.length);
});
