import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { translateAgent } from './agent-configs.js';
import { listOf, namedSelector, selectorOf } from './dify-values.js';
import { translateKnowledgeRetrieval } from './knowledge-configs.js';
import { translateLlm, translateParameterExtractor, translateQuestionClassifier } from './model-configs.js';
import { translateTool, type Warn } from './tool-configs.js';
import { translateSchedule, translateWebhook } from './triggers.js';

/** Brings the configuration of a node from Dify's habits, old ones included, to the shape its node type checks. */
type Translate = (config: JsonObject, warn: Warn) => JsonObject;

/** By our node type. Types that are not here take Dify's configuration as it is. */
export const configTranslators: Readonly<Record<string, Translate>> = {
  agent: translateAgent,
  assigner: translateAssigner,
  code: translateCode,
  'document-extractor': (config) => ({
    variable_selector: selectorOf(config.variable_selector),
    is_array_file: config.is_array_file === true,
  }),
  end: (config) => ({ outputs: listOf(config.outputs).map(namedSelector) }),
  'http-request': translateHttpRequest,
  'human-input': translateHumanInput,
  'if-else': translateIfElse,
  iteration: translateIteration,
  'knowledge-retrieval': translateKnowledgeRetrieval,
  'list-operator': translateListOperator,
  llm: translateLlm,
  loop: translateLoop,
  'parameter-extractor': translateParameterExtractor,
  'question-classifier': translateQuestionClassifier,
  schedule: translateSchedule,
  start: (config) => ({ variables: listOf(config.variables).map(startVariable) }),
  template: (config) => ({ ...config, variables: listOf(config.variables).map(namedSelector) }),
  tool: translateTool,
  'variable-aggregator': translateAggregator,
  webhook: translateWebhook,
};

/** Spellings of operators met in files. */
const operators: Readonly<Record<string, string>> = {
  'is empty': 'empty',
  'is not empty': 'not empty',
  'is null': 'null',
  'is not null': 'not null',
  'starts with': 'start with',
  'ends with': 'end with',
  '==': '=',
  '!=': '≠',
  '>=': '≥',
  '<=': '≤',
};

/** Forms write an empty text where a number was left out. */
function startVariable(item: Json): Json {
  if (!isJsonObject(item)) return item;
  const { max_length, json_schema, ...rest } = item;
  const limit = max_length === '' || max_length === undefined || max_length === null ? null : Number(max_length);
  return { ...rest, max_length: limit, json_schema: json_schema === '' ? null : (json_schema ?? null) };
}

/** Before there were cases, the conditions stood in the node itself and made one case, `true`. */
function translateIfElse(config: JsonObject): JsonObject {
  const cases = listOf(config.cases);
  const legacy = {
    case_id: 'true',
    logical_operator: config.logical_operator ?? 'and',
    conditions: config.conditions ?? [],
  };
  return { cases: (cases.length === 0 && config.conditions !== undefined ? [legacy] : cases).map(translateCase) };
}

function translateCase(item: Json): Json {
  if (!isJsonObject(item)) return item;
  return {
    case_id: item.case_id ?? item.id ?? 'true',
    logical_operator: item.logical_operator || 'and',
    conditions: listOf(item.conditions).map(translateCondition),
  };
}

function translateCondition(item: Json): Json {
  if (!isJsonObject(item)) return item;
  const { comparison_operator: operator, variable_selector, sub_variable_condition: inside, ...rest } = item;
  return {
    ...rest,
    ...(variable_selector === undefined ? {} : { variable_selector: selectorOf(variable_selector) }),
    comparison_operator: typeof operator === 'string' ? (operators[operator] ?? operator) : (operator ?? null),
    ...(isJsonObject(inside) ? { sub_variable_condition: translateCase(inside) } : {}),
  };
}

/** The first files name no language; there was only Python then. What is left of `dependencies` has no meaning any more. */
function translateCode({ code_language, code, variables, outputs }: JsonObject): JsonObject {
  return {
    code_language: code_language || 'python3',
    code: code ?? '',
    variables: listOf(variables).map(namedSelector),
    outputs: isJsonObject(outputs) ? outputs : {},
  };
}

/** The first version wrote one variable, by default over what was there. */
function translateAssigner(config: JsonObject): JsonObject {
  if (config.items !== undefined) return { items: listOf(config.items).map(assignerItem) };
  const { assigned_variable_selector, input_variable_selector, write_mode } = config;
  const item = {
    variable_selector: selectorOf(assigned_variable_selector),
    operation: write_mode || 'over-write',
    input_type: 'variable',
    value: selectorOf(input_variable_selector),
  };
  return { items: [item] };
}

function assignerItem(item: Json): Json {
  if (!isJsonObject(item)) return item;
  const { variable_selector, operation, input_type, value } = item;
  const fromVariable = input_type !== 'constant';
  return {
    variable_selector: selectorOf(variable_selector),
    operation: operation || 'over-write',
    input_type: fromVariable ? 'variable' : 'constant',
    value: fromVariable && Array.isArray(value) ? selectorOf(value) : (value ?? null),
  };
}

function translateIteration(config: JsonObject): JsonObject {
  const { iterator_selector, output_selector, parallel_nums, is_parallel, error_handle_mode, ...rest } = config;
  return {
    ...rest,
    iterator_selector: selectorOf(iterator_selector),
    output_selector: selectorOf(output_selector),
    is_parallel: is_parallel === true,
    ...(typeof parallel_nums === 'number' ? { parallel_nums } : {}),
    error_handle_mode: error_handle_mode || 'terminated',
  };
}

function translateLoop(config: JsonObject): JsonObject {
  const { break_conditions, logical_operator, loop_variables, ...rest } = config;
  return {
    ...rest,
    break_conditions: listOf(break_conditions).map(translateCondition),
    logical_operator: logical_operator || 'and',
    loop_variables: listOf(loop_variables).map(loopVariable),
  };
}

function loopVariable(item: Json): Json {
  if (!isJsonObject(item)) return item;
  return item.value_type === 'variable' ? { ...item, value: selectorOf(item.value) } : item;
}

function translateListOperator(config: JsonObject): JsonObject {
  const { variable, filter_by: filter, order_by: order, ...rest } = config;
  return {
    ...rest,
    variable: selectorOf(variable),
    filter_by: isJsonObject(filter)
      ? { ...filter, conditions: listOf(filter.conditions).map(translateCondition) }
      : null,
    order_by: isJsonObject(order) ? { ...order, key: order.key ?? '', value: order.value || 'asc' } : null,
  };
}

function translateHumanInput(config: JsonObject): JsonObject {
  const inputs = listOf(config.inputs).map((item) =>
    isJsonObject(item)
      ? { ...item, default: valueSource(item.default), option_source: valueSource(item.option_source) }
      : item,
  );
  return { ...config, inputs };
}

function valueSource(source: Json | undefined): Json {
  return isJsonObject(source) ? { ...source, selector: selectorOf(source.selector) } : null;
}

function translateAggregator(config: JsonObject): JsonObject {
  const settings = config.advanced_settings;
  const withSelectors = (part: JsonObject): JsonObject => ({
    ...part,
    variables: listOf(part.variables)
      .map(selectorOf)
      .filter((selector) => selector.length > 0),
  });
  if (!isJsonObject(settings)) return { ...withSelectors(config), advanced_settings: null };
  const groups = listOf(settings.groups).map((group) => (isJsonObject(group) ? withSelectors(group) : group));
  return { ...withSelectors(config), advanced_settings: { ...settings, groups } };
}

function translateHttpRequest(config: JsonObject): JsonObject {
  const { authorization, body, timeout, headers, params, ...rest } = config;
  return {
    ...rest,
    headers: headers ?? '',
    params: params ?? '',
    authorization: isJsonObject(authorization) && authorization.type === 'api-key' ? authorization : null,
    body: isJsonObject(body) ? { type: body.type || 'none', data: body.data ?? null } : null,
    timeout: isJsonObject(timeout)
      ? { connect: secondsOf(timeout.connect), read: secondsOf(timeout.read), write: secondsOf(timeout.write) }
      : null,
  };
}

function secondsOf(value: Json | undefined): Json {
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) : null;
}
