import type { Json, JsonObject, Plan } from '@treadle/workflow';
import { type FileFinder, resolveFiles } from '../files/start-files.js';
import { checkedInputs, givenInputs, startOf } from './checked-start.js';
import type { LargeValues } from './put-away-values.js';
import type { Origin } from './run-origin.js';

/** Where inputs are looked up. */
export interface InputSources {
  readonly files: FileFinder;
  /** Absent where no value is large. */
  readonly values?: Pick<LargeValues, 'readBack'>;
}

/**
 * The inputs of the origin with those in their place that the caller has given. What is given is checked as in a start, files too; a
 * file that the origin was given stays as it was then. A trigger has checked its inputs itself.
 * @param entry the node that the origin began at
 * @throws FailureError `invalid_inputs` with every problem
 */
export async function continuedInputs(
  sources: InputSources,
  plan: Plan,
  { row, started }: Origin,
  entry: string,
  inputsJson: string,
): Promise<JsonObject> {
  const given = givenInputs(inputsJson);
  if (plan.nodes.get(entry)?.trigger !== undefined) return { ...started.inputs, ...given };
  const { variables, ...start } = startOf(plan);
  // Another version may take fewer inputs than the run was given.
  const names = new Set(variables.map(({ variable }) => variable));
  const kept = Object.entries(started.inputs).filter(([name]) => names.has(name) && !Object.hasOwn(given, name));
  const inputs = checkedInputs(plan, { ...(await whole(sources, row.tenantId, kept)), ...given });
  const keptNames = new Set(kept.map(([name]) => name));
  const others = variables.filter(({ variable }) => !keptNames.has(variable));
  return (await resolveFiles(sources.files, row.tenantId, { ...start, variables: others }, inputs, [])).inputs;
}

/** The values themselves, also of large ones: a reference fits no declaration. They are put away again as those of the new run. */
async function whole({ values }: InputSources, tenantId: string, kept: [string, Json][]): Promise<JsonObject> {
  const inputs = Object.fromEntries(kept);
  return values ? ((await values.readBack(tenantId, inputs)) as JsonObject) : inputs;
}
