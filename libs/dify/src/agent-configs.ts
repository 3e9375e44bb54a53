import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { listOf, selectorOf, textOf } from './dify-values.js';
import { namedTool, textOfParameter, type Warn } from './tool-configs.js';

/** As many rounds as there are here at most. */
const mostIterations = 99;

/** The strategies of Dify's own plugin are ours; those of other plugins call functions too, as far as we know. */
export function translateAgent(config: JsonObject, warn: Warn): JsonObject {
  const { agent_parameters, agent_strategy_name, memory } = config;
  const parameters = isJsonObject(agent_parameters) ? agent_parameters : {};
  const model = valueOf(parameters.model);
  const strategy = strategyOf(textOf(agent_strategy_name), warn);
  const context = isJsonObject(parameters.context) ? selectorOf(parameters.context.value) : [];
  return {
    strategy,
    model: modelOf(model),
    instruction: textOfParameter(parameters.instruction),
    query: textOfParameter(parameters.query),
    ...(context.length > 1 ? { context } : {}),
    tools: toolsOf(valueOf(parameters.tools), warn),
    ...iterationsOf(valueOf(parameters.maximum_iterations ?? parameters.max_iterations)),
    memory: isJsonObject(memory) ? memory : null,
  };
}

/** The agent of an app without a graph. */
export function agentOfApp(
  { model, agent_mode }: { readonly model?: JsonObject | null; readonly agent_mode?: JsonObject | null },
  instruction: string,
  memory: Json,
  warn: Warn,
): JsonObject {
  const mode = agent_mode ?? {};
  return {
    strategy: strategyOf(textOf(mode.strategy), warn),
    model: modelOf(model),
    instruction,
    query: '{{#sys.query#}}',
    tools: toolsOf(mode.tools, warn),
    ...iterationsOf(mode.max_iteration),
    memory,
  };
}

function strategyOf(name: string, warn: Warn): string {
  const word = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  if (/react|cot|chainofthought/.test(word)) return 'react';
  if (word !== '' && word !== 'router' && !word.includes('function')) {
    warn(`Its strategy "${name}" does not exist here. It calls functions instead.`);
  }
  return 'function-calling';
}

function modelOf(model: Json | undefined): Json {
  if (!isJsonObject(model)) return model ?? null;
  const { provider, name, model: other, mode, completion_params: settings } = model;
  return {
    provider: textOf(provider),
    name: textOf(name) || textOf(other),
    mode: mode === 'completion' ? 'completion' : 'chat',
    completion_params: isJsonObject(settings) ? settings : {},
  };
}

function toolsOf(tools: Json | undefined, warn: Warn): Json[] {
  return listOf(tools).flatMap((item) => {
    if (!isJsonObject(item) || item.enabled === false) return [];
    if (textOf(item.tool_name) === '') {
      warn('One of its tools looks things up in a dataset, which does not come with the file. It was left out.');
      return [];
    }
    const {
      toolset,
      tool,
      arguments: settings,
    } = namedTool(item, [item.settings, item.parameters, item.tool_parameters], warn);
    const extra = isJsonObject(item.extra) ? item.extra : {};
    const description = textOf(extra.description);
    return [{ toolset, tool, settings, ...(description === '' ? {} : { description }) }];
  });
}

function iterationsOf(value: Json | undefined): JsonObject {
  const count = Math.floor(Number(value ?? Number.NaN));
  return Number.isFinite(count) && count >= 1 ? { max_iterations: Math.min(count, mostIterations) } : {};
}

function valueOf(parameter: Json | undefined): Json | undefined {
  return isJsonObject(parameter) && 'value' in parameter ? parameter.value : parameter;
}
