import { FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import type { ChatMessage } from '../capabilities.js';
import type { Execute, NodeContext } from '../define-node.js';
import { askModel } from '../model/ask-model.js';
import { type AgentCall, addUsage, type CallResult, countOf, cut } from './agent-values.js';
import { firstMessages } from './first-messages.js';
import { functionCalling } from './function-calling.js';
import { modelTools } from './model-tools.js';
import { react } from './react.js';
import type { Turn } from './strategy.js';
import type { ThinkConfig } from './think.descriptor.js';
import { fitCalls } from './to-call.js';

const strategies = { 'function-calling': functionCalling, react } as const;

/** An agent's output tells this much of what the model said beside its calls, in characters. */
const longestThought = 2000;

/** Asks the model what to do next. The question and the answer join the transcript, which the next round goes on from. */
export const executeThink: Execute<ThinkConfig> = async (config, context) => {
  const { read, capabilities } = context;
  const strategy = strategies[config.strategy];
  const tools = await modelTools(config, capabilities.tools, read);
  const turn: Turn = { config, tools, round: numberAt(context, config, 'index'), isLast: isAtLimit(config, context) };
  const messages = [
    ...strategy.begin(turn, transcriptSoFar(config, context)),
    ...strategy.results(resultsOf(config, read)),
  ];
  const answer = await askModel(strategy.question(turn, messages), context, { reasoning: 'separated' });
  const { reply, calls: wanted, text } = strategy.readAnswer(turn, answer);
  const calls = fitCalls(wanted);
  const used = addUsage(read([config.agent, 'used']), answer.usage);
  const done = calls.length === 0;
  return {
    outputs: {
      text: done ? text : '',
      thought: done ? '' : cut(text, longestThought),
      done,
      calls,
      parallel: calls.every((call) => isReadOnly(call, turn)),
      usage: answer.usage,
    },
    handle: done ? 'source' : 'calls',
    assigns: [
      { selector: [config.agent, 'transcript'], value: [...messages, reply] as unknown as Json },
      { selector: [config.agent, 'used'], value: used },
    ],
    usage: answer.billed,
  };
};

function transcriptSoFar(config: ThinkConfig, context: NodeContext): readonly ChatMessage[] {
  const transcript = context.read([config.agent, 'transcript']);
  const before = Array.isArray(transcript) ? (transcript as unknown as readonly ChatMessage[]) : [];
  return before.length > 0 ? before : firstMessages(config, context);
}

function resultsOf({ agent }: ThinkConfig, read: NodeContext['read']): readonly CallResult[] {
  const results = read([agent, 'results']);
  return Array.isArray(results) ? (results as readonly Json[] as readonly CallResult[]) : [];
}

/**
 * Whether it is to answer now.
 * @throws FailureError `limit_exceeded` where its author wants it to fail.
 */
function isAtLimit(config: ThinkConfig, context: NodeContext): boolean {
  const round = numberAt(context, config, 'index');
  const tokens = countOf(context.read([config.agent, 'used']), 'total_tokens');
  const { max_iterations: mostRounds, max_total_tokens: mostTokens } = config;
  const reached =
    round >= mostRounds
      ? `has called tools ${mostRounds} times without an answer. Raise "max_iterations"`
      : mostTokens != null && tokens >= mostTokens
        ? `has used ${tokens} tokens without an answer. Raise "max_total_tokens"`
        : undefined;
  if (reached === undefined) return false;
  if (config.at_limit === 'answer') return true;
  throw FailureError.of('limit_exceeded', `The agent ${reached}, or let it answer with what it knows.`);
}

function numberAt({ read }: NodeContext, { agent }: ThinkConfig, name: string): number {
  const value = read([agent, name]);
  return typeof value === 'number' ? value : 0;
}

/** A call that is not made changes nothing either. */
function isReadOnly({ toolset, tool, problem }: AgentCall, { tools }: Turn): boolean {
  const found = tools.find(({ described: { name } }) => name.toolset === toolset && name.tool === tool);
  return problem !== '' || found?.described.mutating === false;
}
