import type { Run } from '../api-types.js';

/** A finished run for a person: a lone text as it is, several outputs as JSON. */
export function outputsText(outputs: Run['outputs']): string {
  const values = Object.values(outputs ?? {});
  if (values.length === 0) return '';
  const [only] = values;
  return values.length === 1 && typeof only === 'string' ? only : JSON.stringify(outputs, undefined, 2);
}

/** A run and its nodes for a person. */
export function runText(run: Run): string {
  const head = [
    `run       ${run.id}`,
    `workflow  ${run.workflow_name ?? run.workflow_id} version ${run.version}`,
    `status    ${run.status}`,
    `started   ${run.created_at}`,
    ...(run.finished_at ? [`finished  ${run.finished_at}`] : []),
    ...(run.approvals ?? []).map(({ title, url }) => `asks      ${title}: ${url}`),
    ...(run.failure ? [`failure   ${run.failure.message} [${run.failure.code}]`] : []),
  ];
  const nodes = (run.node_runs ?? []).map(
    (node) => `  ${node.title || node.key}  ${node.status}${node.failure ? `: ${node.failure.message}` : ''}`,
  );
  const outputs = outputsText(run.outputs);
  return [...head, ...(nodes.length > 0 ? ['nodes', ...nodes] : []), ...(outputs ? ['outputs', outputs] : [])].join(
    '\n',
  );
}
