import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { agentOfApp } from './agent-configs.js';
import { configTranslators } from './configs.js';
import type { DifyModelConfig } from './dify-file.js';
import type { ImportedGraph } from './from-workflow.js';
import type { Warnings } from './warnings.js';

type Graph = ImportedGraph['parts'];
type Config = NonNullable<Graph['nodes'][number]['config']>;

/** Chat apps show the model this many of the earlier turns. */
const rememberedTurns = 50;

/** Turns an app without a graph into start → llm → answer. An agent becomes start → agent → answer. */
export function graphFromModelConfig(config: DifyModelConfig, mode: string, warnings: Warnings): ImportedGraph {
  const variables = (config.user_input_form ?? []).flatMap(toVariable);
  const middle =
    mode === 'agent-chat'
      ? { id: 'agent', type: 'agent', title: 'Agent', config: agentConfig(config, variables, warnings) }
      : { id: 'llm', type: 'llm', title: 'LLM', config: llmConfig(config, mode, variables) };
  tellWhatIsLost(config, mode, warnings);
  const nodes: Graph['nodes'] = [
    {
      id: 'start',
      type: 'start',
      title: 'Start',
      config: configTranslators.start?.({ variables }, () => undefined) as Config,
    },
    middle,
    { id: 'answer', type: 'answer', title: 'Answer', config: { answer: `{{#${middle.id}.text#}}` } },
  ].map((node, index) => ({ ...node, position: { x: 80 + 300 * index, y: 280 } }));
  const edges = [
    { source: 'start', target: middle.id },
    { source: middle.id, target: 'answer' },
  ];
  return { parts: { nodes, edges }, extensions: { model_config: config as Json } };
}

/** Each entry of the form is `{ "<type>": { variable, label, … } }`. */
function toVariable(entry: Readonly<Record<string, unknown>>): JsonObject[] {
  return Object.entries(entry as JsonObject).flatMap(([type, field]) =>
    isJsonObject(field) ? [{ ...field, type }] : [],
  );
}

function agentConfig(config: DifyModelConfig, variables: readonly JsonObject[], warnings: Warnings): Config {
  const names = new Set(variables.map((variable) => variable.variable));
  const instruction = promptOf(config, 'agent-chat').map(({ text }) => withReferences(text, names));
  const warn = (message: string) => warnings.add('imported', 'nodes[1].config', message, 'agent');
  const { model, agent_mode } = config;
  const parts = {
    model: model as JsonObject | null | undefined,
    agent_mode: agent_mode as JsonObject | null | undefined,
  };
  return agentOfApp(parts, instruction.join('\n\n'), { window: memoryWindow }, warn) as Config;
}

const memoryWindow = { enabled: true, size: rememberedTurns };

function llmConfig(config: DifyModelConfig, mode: string, variables: readonly JsonObject[]): Config {
  const names = new Set(variables.map((variable) => variable.variable));
  const prompt = promptOf(config, mode).map(({ role, text }) => ({ role, text: withReferences(text, names) }));
  const memory = { window: memoryWindow, query_prompt_template: '{{#sys.query#}}' };
  const query = { role: 'user', text: '{{#sys.query#}}' };
  const llm = {
    model: config.model as Json,
    prompt_template: mode === 'completion' ? [...prompt, query] : prompt,
    memory: mode === 'completion' ? null : memory,
    vision: visionOf(config.file_upload),
  };
  return configTranslators.llm?.(llm, () => undefined) as Config;
}

/** The model is shown the pictures of a turn where the app takes any. */
function visionOf(upload: Json | undefined): Json {
  if (!isJsonObject(upload)) return null;
  const { enabled, allowed_file_types: types, image } = upload;
  const settings = isJsonObject(image) ? image : {};
  const takesPictures = enabled === true && Array.isArray(types) && types.includes('image');
  if (!takesPictures && settings.enabled !== true) return null;
  return { enabled: true, configs: { variable_selector: ['sys', 'files'], detail: settings.detail ?? null } };
}

/** A completion app has no user's turn of its own, so its prompt is what the user says. */
function promptOf(config: DifyModelConfig, mode: string): readonly { readonly role: string; readonly text: string }[] {
  const own = mode === 'completion' ? 'user' : 'system';
  if (config.prompt_type === 'advanced') {
    const chat = config.chat_prompt_config?.prompt ?? [];
    if (chat.length > 0) return chat.map(({ role, text }) => ({ role: role || own, text: text ?? '' }));
    return [{ role: own, text: config.completion_prompt_config?.prompt?.text ?? '' }];
  }
  return [{ role: own, text: config.pre_prompt ?? '' }];
}

/** `{{name}}` of a declared variable becomes a reference; the user's words are added after the prompt, so their marker goes. */
function withReferences(text: string, names: ReadonlySet<Json | undefined>): string {
  return text
    .replaceAll('{{#query#}}', '')
    .replace(/\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g, (whole, name: string) =>
      names.has(name) ? `{{#start.${name}#}}` : whole,
    );
}

function tellWhatIsLost(config: DifyModelConfig, mode: string, warnings: Warnings): void {
  const datasets = config.dataset_configs?.datasets;
  const listed = isJsonObject(datasets) ? (datasets as JsonObject).datasets : undefined;
  if (Array.isArray(listed) && listed.length > 0) {
    warnings.add(
      'imported',
      'nodes[1].config',
      'The app looks things up in datasets, which do not come with its file. The model answers without them.',
      mode === 'agent-chat' ? 'agent' : 'llm',
    );
  }
}
