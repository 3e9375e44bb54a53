import type { ChatToolCall } from '../capabilities.js';
import { modelOf } from '../model/model-settings.js';
import type { Strategy, Turn } from './strategy.js';
import { toCall, writtenArguments } from './to-call.js';

/** The model calls functions. At the limit it still sees them, since some providers refuse a transcript of calls without. */
export const functionCalling: Strategy = {
  begin: (_turn, transcript) => transcript,

  results: (results) => results.map(({ id, text }) => ({ role: 'tool', text, toolCallId: id })),

  question: ({ config, tools, isLast }, messages) => ({
    ...modelOf(config.model),
    messages,
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
      ...(isLast && { toolChoice: 'none' }),
    }),
  }),

  readAnswer: (turn, { text, toolCalls: called }) => {
    const written = turn.isLast ? [] : withIds(called, turn);
    const calls = written.map(({ id, name, argumentsJson }, place) =>
      toCall({ id, name, arguments: writtenArguments(argumentsJson) }, place, turn),
    );
    const toolCalls = written.map((call) => ({ ...call, argumentsJson: asJson(call.argumentsJson) }));
    return { reply: { role: 'assistant', text, ...(toolCalls.length > 0 && { toolCalls }) }, calls, text };
  },
};

/** Some providers give calls no ids, or the same twice. */
function withIds(calls: readonly ChatToolCall[], { round }: Turn): ChatToolCall[] {
  const taken = new Set<string>();
  return calls.map((call, place) => {
    const id = call.id === '' || taken.has(call.id) ? `call_${round}_${place}` : call.id;
    taken.add(id);
    return { ...call, id };
  });
}

/** Providers refuse a transcript with arguments that are no JSON object. */
function asJson(written: string): string {
  const given = writtenArguments(written);
  return JSON.stringify('problem' in given ? {} : given);
}
