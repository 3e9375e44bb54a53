import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { listOf, namedSelector, selectorOf, textOf } from './dify-values.js';

export function translateLlm(config: JsonObject): JsonObject {
  const { prompt_template: prompt, context, prompt_config, reasoning_format, ...rest } = config;
  return {
    ...rest,
    ...modelFields(config),
    prompt_template: Array.isArray(prompt)
      ? (prompt as readonly Json[]).map(promptMessage)
      : isJsonObject(prompt)
        ? promptPart(prompt)
        : [],
    context: withSelector(context),
    prompt_config: isJsonObject(prompt_config)
      ? { jinja2_variables: listOf(prompt_config.jinja2_variables).map(namedSelector) }
      : null,
    reasoning_format: reasoning_format === 'separated' ? 'separated' : 'tagged',
  };
}

/** The first files say `topics` and `instructions`, and the next ones keep them, empty, beside the new names. */
export function translateQuestionClassifier(config: JsonObject): JsonObject {
  const { query_variable_selector, classes, topics, instruction, instructions } = config;
  const listed = listOf(classes);
  return {
    ...modelFields(config),
    query_variable_selector: selectorOf(query_variable_selector),
    classes: (listed.length > 0 ? listed : listOf(topics)).map(questionClass),
    instruction: textOf(instruction) || textOf(instructions),
  };
}

/** A topic without an id is left by the branch of its place, counted from 1. */
function questionClass(item: Json, index: number): Json {
  if (!isJsonObject(item)) return { id: String(index + 1), name: textOf(item) };
  const { id, name, label } = item;
  return { id: textOf(id) || String(index + 1), name: textOf(name), label: textOf(label) };
}

export function translateParameterExtractor(config: JsonObject): JsonObject {
  const { query, parameters, instruction, reasoning_mode } = config;
  return {
    ...modelFields(config),
    query: selectorOf(query),
    parameters: listOf(parameters).map(parameter),
    instruction: textOf(instruction),
    reasoning_mode: reasoning_mode === 'prompt' ? 'prompt' : 'function_call',
  };
}

function parameter(item: Json): Json {
  if (!isJsonObject(item)) return item;
  const { name, type, description, required, options } = item;
  return {
    name: textOf(name),
    type: type === 'bool' ? 'boolean' : (type ?? 'string'),
    description: textOf(description),
    required: required === true,
    options: Array.isArray(options) ? listOf(options).map(textOf) : null,
  };
}

/** What all nodes that ask a model have in common. */
function modelFields({ model, vision, memory }: JsonObject): JsonObject {
  return {
    model: isJsonObject(model)
      ? { ...model, completion_params: isJsonObject(model.completion_params) ? model.completion_params : {} }
      : (model ?? null),
    vision: isJsonObject(vision) ? { ...vision, configs: pictures(vision.configs) } : null,
    memory: isJsonObject(memory) ? memory : null,
  };
}

/** Which pictures a model is shown; a way of looking that does not exist is left to the provider. */
function pictures(configs: Json | undefined): Json {
  if (!isJsonObject(configs)) return null;
  const detail = ['low', 'high', 'auto'].find((known) => known === configs.detail) ?? null;
  return { ...configs, variable_selector: selectorOf(configs.variable_selector), detail };
}

function promptMessage(item: Json): Json {
  return isJsonObject(item) ? { ...promptPart(item), role: item.role || 'user' } : item;
}

function promptPart(part: JsonObject): JsonObject {
  return { ...part, edition_type: part.edition_type === 'jinja2' ? 'jinja2' : 'basic' };
}

function withSelector(part: Json | undefined): Json {
  return isJsonObject(part) ? { ...part, variable_selector: selectorOf(part.variable_selector) } : null;
}
