import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
} from 'graphql';
import { nodeRunSchema } from '../runs/run.schemas.js';
import { AnswerTypes } from './answer-types.js';
import { fieldConfig, streamedField } from './field-config.js';
import { managementFields as fields, streamedFields } from './management-fields.js';
import type { FieldReader, GraphqlContext } from './read-field.js';

type Fields = GraphQLFieldConfigMap<unknown, GraphqlContext>;

interface Identified {
  readonly id: string;
}

interface ShownRun extends Identified {
  readonly workflow_id: string;
  readonly version: number;
  /** Absent in lists. */
  readonly node_runs?: readonly unknown[];
}

/** The schema of `/graphql`: what the REST API of the management model shows, and the ways from one thing to another. */
export function managementSchema(reader: FieldReader): GraphQLSchema {
  const types: AnswerTypes = new AnswerTypes({
    Dataset: () => ({
      document_page: fieldConfig(fields.documents, types, reader, ({ id }: Identified) => ({ ids: { dataset: id } }), [
        'dataset',
      ]),
    }),
    Run: () => ({ node_runs: nodesOfRun(types, reader), workflow: workflowOfRun(types, reader) }),
    Workflow: () => ofWorkflow(types, reader),
    WorkflowWithDocument: () => ofWorkflow(types, reader),
  });
  const asked = Object.entries(fields).map(([name, field]) => [name, fieldConfig(field, types, reader)] as const);
  const streamed = Object.entries(streamedFields).map(
    ([name, field]) => [name, streamedField(field, types, reader)] as const,
  );
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: Object.fromEntries(asked) }),
    subscription: new GraphQLObjectType({ name: 'Subscription', fields: Object.fromEntries(streamed) }),
  });
}

function ofWorkflow(types: AnswerTypes, reader: FieldReader): Fields {
  return {
    runs: fieldConfig(fields.runs, types, reader, ({ id }: Identified) => ({ query: { workflow_id: id } }), [
      'workflow_id',
    ]),
    versions: fieldConfig(fields.versions, types, reader, ({ id }: Identified) => ({ ids: { id } }), ['id']),
  };
}

function workflowOfRun(types: AnswerTypes, reader: FieldReader): GraphQLFieldConfig<unknown, GraphqlContext> {
  const ofRun = ({ workflow_id: id, version }: ShownRun) => ({ ids: { id }, query: { version } });
  const description = 'The workflow in the version that ran.';
  return { ...fieldConfig(fields.workflow, types, reader, ofRun, ['id', 'version']), description };
}

/** Lists of runs come without their nodes. */
function nodesOfRun(types: AnswerTypes, reader: FieldReader): GraphQLFieldConfig<unknown, GraphqlContext> {
  return {
    type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(types.of(nodeRunSchema)))),
    extensions: { access: fields.run.access },
    resolve: async (source, _args, context) => {
      const { id, node_runs: shown } = source as ShownRun;
      const run = shown
        ? undefined
        : ((await reader.read(fields.run, { ids: { id }, query: {} }, context)) as ShownRun);
      return shown ?? run?.node_runs ?? [];
    },
  };
}
