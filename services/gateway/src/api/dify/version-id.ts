/** Ids of workflows here, in whose last eight digits the number of a version is hidden. */
const shape = /^([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{4})([0-9a-f]{8})$/;

/** Dify names each version by an id of its own; ours follows from the workflow and the number, and leads back to it. */
export function versionId(workflowId: string, version: number): string {
  const [, head, tail] = shape.exec(workflowId) ?? [];
  if (head === undefined || tail === undefined) return `${workflowId}:${version}`;
  return head + mixed(tail, version).toString(16).padStart(8, '0');
}

/** The version that an id names, 0 for the id of the workflow itself; `undefined` for what is no version of it. */
export function versionOf(workflowId: string, id: string): number | undefined {
  if (/^[1-9]\d{0,8}$/.test(id)) return Number(id);
  const [, head, tail] = shape.exec(workflowId) ?? [];
  const [, itsHead, itsTail] = shape.exec(id.toLowerCase()) ?? [];
  if (tail === undefined || itsTail === undefined || head !== itsHead) return undefined;
  return mixed(tail, Number.parseInt(itsTail, 16));
}

function mixed(hex: string, number: number): number {
  return (Number.parseInt(hex, 16) ^ number) >>> 0;
}
