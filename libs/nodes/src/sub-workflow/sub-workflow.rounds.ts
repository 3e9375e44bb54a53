import { type Failure, failure } from '@treadle/failure';
import type { Graph, Opening, Read } from '@treadle/workflow';
import { namedValues } from '../fields.js';
import { checkInputs } from '../start/check-inputs.js';
import { startConfigSchema } from '../start/start.descriptor.js';
import type { SubWorkflowConfig } from './sub-workflow.descriptor.js';

/** Checks the inputs against the start node of the other workflow, as a start of it would. */
export function openSubWorkflow(
  config: SubWorkflowConfig,
  read: Read,
  body: Graph,
): Opening | { readonly failure: Failure } {
  const start = startConfigSchema.safeParse(body.nodes.get(body.entry)?.config);
  const given = namedValues(config.inputs, read);
  const { inputs, problems } = start.success ? checkInputs(start.data, given) : { inputs: given };
  if (inputs !== undefined) {
    return { rounds: 1, parallel: 1, variables: { inputs, conversation: body.conversation ?? {} } };
  }
  const message = `Workflow "${config.workflow_id}" does not take these inputs: ${problems[0]?.message ?? ''}`;
  return { failure: failure('invalid_inputs', message, { details: { problems } }) };
}
