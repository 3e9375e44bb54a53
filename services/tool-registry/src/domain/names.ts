import { FailureError } from '@treadle/failure';

const toolsetShape = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** @throws FailureError `invalid_argument`. */
export function checkToolsetName(name: string): void {
  if (toolsetShape.test(name)) return;
  throw invalid('name', `"${name.slice(0, 100)}" is no name: use up to 100 letters, digits, ".", "-" and "_".`);
}

export function invalid(field: string, message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field });
}

export function noToolset(name: string): FailureError {
  return FailureError.of(
    'tool_not_found',
    `There is no toolset "${name.slice(0, 100)}", or it was deleted. Register it, or use one of those listed under /api/v1/tools/toolsets.`,
    { field: 'toolset' },
  );
}

export function noTool(toolset: string, tool: string, version: number): FailureError {
  const which = version > 0 ? `Version ${version} of the toolset` : 'The toolset';
  return FailureError.of(
    'tool_not_found',
    `${which} "${toolset}" has no tool "${tool.slice(0, 100)}". Its tools are listed under /api/v1/tools/toolsets/${toolset}.`,
    { field: 'tool' },
  );
}
