import type { Catalog } from '@treadle/workflow';
import { agent } from './agent/agent.descriptor.js';
import { agentAsk } from './agent/ask.descriptor.js';
import { agentCall } from './agent/call.descriptor.js';
import { agentCalls, agentGate, agentKeep } from './agent/calls.descriptor.js';
import { agentThink } from './agent/think.descriptor.js';
import { answer } from './answer/answer.descriptor.js';
import { assigner } from './assigner/assigner.descriptor.js';
import { code } from './code/code.descriptor.js';
import { documentExtractor } from './document-extractor/document-extractor.descriptor.js';
import { end } from './end/end.descriptor.js';
import { httpRequest } from './http-request/http-request.descriptor.js';
import { humanInput } from './human-input/human-input.descriptor.js';
import { ifElse } from './if-else/if-else.descriptor.js';
import { iteration, iterationStart } from './iteration/iteration.descriptor.js';
import { knowledgeRetrieval } from './knowledge-retrieval/knowledge-retrieval.descriptor.js';
import { listOperator } from './list-operator/list-operator.descriptor.js';
import { llm } from './llm/llm.descriptor.js';
import { loop, loopEnd, loopStart } from './loop/loop.descriptor.js';
import { parameterExtractor } from './parameter-extractor/parameter-extractor.descriptor.js';
import { questionClassifier } from './question-classifier/question-classifier.descriptor.js';
import { schedule } from './schedule/schedule.descriptor.js';
import { start } from './start/start.descriptor.js';
import { subWorkflow } from './sub-workflow/sub-workflow.descriptor.js';
import { template } from './template/template.descriptor.js';
import { textSplitter } from './text-splitter/text-splitter.descriptor.js';
import { tool } from './tool/tool.descriptor.js';
import { variableAggregator } from './variable-aggregator/variable-aggregator.descriptor.js';
import { wait } from './wait/wait.descriptor.js';
import { webhook } from './webhook/webhook.descriptor.js';

/** Every node type there is, alphabetical. */
export const catalog = {
  agent,
  'agent-ask': agentAsk,
  'agent-call': agentCall,
  'agent-calls': agentCalls,
  'agent-gate': agentGate,
  'agent-keep': agentKeep,
  'agent-think': agentThink,
  answer,
  assigner,
  code,
  'document-extractor': documentExtractor,
  end,
  'http-request': httpRequest,
  'human-input': humanInput,
  'if-else': ifElse,
  iteration,
  'iteration-start': iterationStart,
  'knowledge-retrieval': knowledgeRetrieval,
  'list-operator': listOperator,
  llm,
  loop,
  'loop-end': loopEnd,
  'loop-start': loopStart,
  'parameter-extractor': parameterExtractor,
  'question-classifier': questionClassifier,
  schedule,
  start,
  'sub-workflow': subWorkflow,
  template,
  'text-splitter': textSplitter,
  tool,
  'variable-aggregator': variableAggregator,
  wait,
  webhook,
} as const satisfies Catalog;
