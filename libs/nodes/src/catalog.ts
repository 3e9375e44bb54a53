import type { Catalog } from '@treadle/workflow';
import { answer } from './answer/answer.descriptor.js';
import { end } from './end/end.descriptor.js';
import { httpRequest } from './http-request/http-request.descriptor.js';
import { ifElse } from './if-else/if-else.descriptor.js';
import { llm } from './llm/llm.descriptor.js';
import { start } from './start/start.descriptor.js';
import { template } from './template/template.descriptor.js';
import { variableAggregator } from './variable-aggregator/variable-aggregator.descriptor.js';

/** Every node type there is, alphabetical. */
export const catalog = {
  answer,
  end,
  'http-request': httpRequest,
  'if-else': ifElse,
  llm,
  start,
  template,
  'variable-aggregator': variableAggregator,
} as const satisfies Catalog;
