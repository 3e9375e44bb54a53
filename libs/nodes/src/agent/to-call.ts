import type { JsonObject } from '@treadle/workflow';
import { readJsonObject } from '../model/read-json.js';
import { fitArguments } from '../tool/arguments.js';
import type { AgentCall } from './agent-values.js';
import type { Turn } from './strategy.js';

/** Calls of one answer beyond these are turned away. */
const mostCalls = 16;
/** What a model writes for one call, in characters of JSON. */
const longestArguments = 12_000;
/** Of all calls of an answer, as JSON in UTF-8; the rest is for those that are turned away. */
const mostBytes = 200_000;

/** A call as the model wrote it. */
export interface WrittenCall {
  readonly id: string;
  readonly name: string;
  /** What it gave, or the sentence that says why it cannot be read. */
  readonly arguments: JsonObject | { readonly problem: string };
}

/** The arguments that a model wrote as JSON; nothing at all stands for none. */
export function writtenArguments(json: string): WrittenCall['arguments'] {
  if (json.trim() === '') return {};
  return readJsonObject(json) ?? { problem: 'The arguments are no JSON object. Call again with one.' };
}

/** What a written call means. What cannot be called is told the model, which mostly knows better then. */
export function toCall({ id, name, arguments: written }: WrittenCall, place: number, { tools }: Turn): AgentCall {
  const tool = tools.find((one) => one.name === name);
  const given = isProblem(written) ? {} : written;
  const problem =
    tool === undefined
      ? `There is no tool "${name}". The tools are: ${tools.map((one) => one.name).join(', ') || 'none'}.`
      : isProblem(written)
        ? written.problem
        : place >= mostCalls
          ? `At most ${mostCalls} calls can be made at once. Call this one again later.`
          : JSON.stringify(written).length > longestArguments
            ? `The arguments are longer than ${longestArguments} characters. Make them shorter.`
            : '';
  const described = tool?.described;
  return {
    id,
    name,
    toolset: described?.name.toolset ?? '',
    tool: described?.name.tool ?? name,
    version: described?.version ?? 0,
    arguments: problem === '' ? { ...fitArguments(given, tool?.parameters ?? {}), ...tool?.fixed } : {},
    needs_approval: tool?.needsApproval ?? false,
    problem,
  };
}

/**
 * The same calls, of which those are turned away that do not fit beside the others: the list has to stay where the engine can look into it,
 * and what an author has fixed may be of any size.
 */
export function fitCalls(calls: readonly AgentCall[]): AgentCall[] {
  let bytes = 0;
  return calls.map((call) => {
    const own = new TextEncoder().encode(JSON.stringify(call)).length;
    if (bytes + own <= mostBytes) {
      bytes += own;
      return call;
    }
    const problem =
      call.problem || 'The arguments of these calls are too long together. Make fewer calls, or shorter ones.';
    return { ...call, arguments: {}, problem };
  });
}

function isProblem(written: WrittenCall['arguments']): written is { readonly problem: string } {
  return typeof written.problem === 'string' && Object.keys(written).length === 1;
}
