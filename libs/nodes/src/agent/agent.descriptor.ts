import { z } from 'zod';
import { defineContainerNode } from '../define-node.js';
import { optionalSelectorSchema, selectorReference, textReferences } from '../fields.js';
import { memorySchema } from '../memory.js';
import { modelSchema } from '../model/model-settings.js';
import { argumentReads, argumentsSchema } from '../tool/arguments.js';
import { closeAgent, endAgentRound, firstVariables, roundReads } from './agent.rounds.js';
import { composeAgent } from './compose-agent.js';

const agentToolSchema = z.object({
  /** `builtin`, `workflow`, or one that was registered, such as an MCP server. */
  toolset: z.string().min(1).max(200),
  /** Absent gives the model every tool of the toolset. */
  tool: z.string().max(200).nullish(),
  /** What the model is told of it, instead of its own description. */
  description: z.string().nullish(),
  /** Arguments that the author has fixed: the model neither sees nor sets them. */
  settings: argumentsSchema.default({}),
  /** Whether a person is asked before each call, whatever the tool's own policy. */
  ask_first: z.boolean().default(false),
});

export const agentConfigSchema = z.object({
  /** How the model says what it calls: by function calls, or by words that every model can write. */
  strategy: z.enum(['function-calling', 'react']).default('function-calling'),
  model: modelSchema,
  /** What it is to be and do, as a text with references. */
  instruction: z.string().default(''),
  /** What it is asked, as a text with references. */
  query: z.string().default('{{#sys.query#}}'),
  /** What it is to know besides: a text, or what a search found. */
  context: optionalSelectorSchema.nullish(),
  memory: memorySchema.nullish(),
  tools: z.array(agentToolSchema).max(100).default([]),
  /** How many times it may call tools; then it answers with what it knows. */
  max_iterations: z.int().min(1).max(99).default(10),
  /** Tokens of all its questions and answers after which it calls no more tools; absent sets no limit. */
  max_total_tokens: z.int().min(1).nullish(),
  /** At either limit it answers once more without tools, or fails. */
  at_limit: z.enum(['answer', 'fail']).default('answer'),
  /** The longest one call of a tool may take. */
  tool_timeout_seconds: z.number().positive().max(3600).default(120),
  /** Characters of a tool's answer that the model is shown. */
  max_result_characters: z.int().min(100).max(40_000).default(32_000),
  /** Which calls a person is asked about first: those of tools whose policy says so, all that change something, or every one. */
  approval: z.enum(['required', 'mutating', 'always']).default('required'),
  /** Counts as a refusal when it has passed; absent waits for ever. */
  approval_timeout_seconds: z.number().positive().nullish(),
});

export type AgentConfig = z.infer<typeof agentConfigSchema>;
export type AgentTool = z.infer<typeof agentToolSchema>;

export const agent = defineContainerNode<AgentConfig>({
  type: 'agent',
  group: 'model',
  title: 'Agent',
  summary: 'Lets a language model call tools until it has an answer.',
  config: agentConfigSchema,
  reads: agentReads,
  readsInside: roundReads,
  locals: () => [...Object.keys(firstVariables), 'index'],
  handles: () => ['source'],
  outputs: () => ['text', 'files', 'json', 'usage'],
  composes: composeAgent,
  open: ({ max_iterations }) => ({ rounds: max_iterations + 1, parallel: 1, variables: firstVariables }),
  endRound: (_config, round) => endAgentRound(round),
  survives: () => false,
  close: (_config, rounds, variables) => closeAgent(rounds, variables),
});

/** What an author's texts and settings select. */
export function agentReads({ instruction, query, context, tools }: AgentConfig) {
  return [
    ...textReferences(instruction, 'instruction'),
    ...textReferences(query, 'query'),
    ...selectorReference(context ?? [], 'context'),
    ...tools.flatMap(({ settings }, index) => argumentReads(settings, `tools[${index}].settings`)),
  ];
}
