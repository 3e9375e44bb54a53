import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ChatCompletionRequest,
  type ModelServer,
  type ScriptedAnswer,
  startModelServer,
  testDatabase,
} from '@treadle/testing';
import { startStandalone } from '../../src/standalone.js';

const ownerKey = 'tk_for_specs';

/** What a key of an app may do. */
export const appScopes = [
  'runs:start',
  'runs:read',
  'runs:cancel',
  'conversations:read',
  'conversations:write',
  'files:read',
  'files:write',
  'approvals:answer',
];

/** A standalone with a model, and apps in it with a key for each. */
export interface DifyStack {
  /** What Dify's clients take as their base URL. */
  readonly baseUrl: string;
  readonly models: ModelServer;
  readonly connectionString: string;
  /** Where files are kept. */
  readonly folder: string;
  /** Stops the standalone and starts it again on the same data; `baseUrl` changes. */
  restart(meanwhile?: () => Promise<unknown>): Promise<void>;
  /** Stores a workflow and makes a key for it. */
  app(document: object): Promise<{ readonly id: string; readonly key: string }>;
  native<T>(method: string, path: string, body?: object): Promise<T>;
  /** A request as a client of Dify sends it. */
  send(key: string, method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Response>;
  /** A credential of the owner of another organisation. */
  stranger(): Promise<string>;
  stop(): Promise<void>;
}

/** Says what it was asked, so that answers can be told apart; words of a query can make it slow or fail. */
function answer({ messages }: ChatCompletionRequest): string | ScriptedAnswer {
  const asked = String(messages.at(-1)?.content);
  if (asked.includes('hang')) return { text: 'And so on for ever.', fault: { kind: 'hang', afterTokens: 2 } };
  if (!asked.includes('break')) return `You said: ${asked}`;
  return { text: '', fault: { kind: 'status', status: 400, message: 'The model refuses.' } };
}

export async function startDifyStack(settings: Record<string, string> = {}): Promise<DifyStack> {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-dify-'));
  const [database, models] = await Promise.all([testDatabase(), startModelServer({ answer, tokenGapMs: 5 })]);
  const environment = {
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: ownerKey,
    OPENAI_BASE_URL: models.url,
    OPENAI_API_KEY: 'unused',
    ...settings,
  };
  let standalone = await startStandalone(environment);
  const send = (key: string, method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    fetch(`${standalone.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  const native = async <T>(method: string, path: string, body?: object) => {
    const reply = await send(ownerKey, method, `/api/v1/${path}`, body);
    const json = (await reply.json()) as T;
    if (!reply.ok) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`);
    return json;
  };
  return {
    get baseUrl() {
      return `${standalone.url}/v1`;
    },
    models,
    folder,
    connectionString: database.connectionString,
    async restart(meanwhile) {
      await standalone.stop();
      await meanwhile?.();
      standalone = await startStandalone(environment);
    },
    native,
    async app(document) {
      const { id } = await native<{ id: string }>('POST', 'workflows', document);
      const { key } = await native<{ key: string }>('POST', 'keys', {
        name: 'app',
        scopes: appScopes,
        workflow_id: id,
      });
      return { id, key };
    },
    send: (key, method, path, ...rest) => send(key, method, `/v1${path}`, ...rest),
    async stranger() {
      const made = await native<{ owner: { invitation: { token: string } } }>('POST', 'organisations', {
        name: 'Another',
        owner_email: 'stranger@example.com',
      });
      const accepted = { token: made.owner.invitation.token, password: 'a stranger has a password' };
      return (await native<{ access_token: string }>('POST', 'auth/accept-invitation', accepted)).access_token;
    },
    async stop() {
      await standalone.stop();
      await Promise.all([models.close(), database.drop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const llm = {
  id: 'llm',
  type: 'llm',
  config: {
    model: { provider: 'openai', name: 'small' },
    prompt_template: [{ role: 'user', text: '{{#sys.query#}}{{#start.topic#}}' }],
  },
};
const topic = { variable: 'topic', label: 'Topic', type: 'text-input', required: false };
const chain = (...ids: string[]) => ids.slice(1).map((target, index) => ({ source: ids[index], target }));

export const chatDocument = {
  format: 'treadle/v1',
  name: 'Talker',
  description: 'It talks.',
  kind: 'chat',
  conversation: [{ name: 'mood', type: 'string', value: 'calm', description: 'How it feels.' }],
  nodes: [
    { id: 'start', type: 'start', config: { variables: [topic] } },
    llm,
    { id: 'answer', type: 'answer', config: { answer: 'Well: {{#llm.text#}}!' } },
  ],
  edges: chain('start', 'llm', 'answer'),
  extensions: {
    features: {
      opening_statement: 'Hello!',
      suggested_questions: ['Who are you?'],
      suggested_questions_after_answer: { enabled: true },
    },
  },
};

export const workflowDocument = {
  format: 'treadle/v1',
  name: 'Writer',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ ...topic, required: true }] } },
    llm,
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'text', value_selector: ['llm', 'text'] }] } },
  ],
  edges: chain('start', 'llm', 'end'),
};

/** Does something with each letter. */
export const iterationDocument = {
  format: 'treadle/v1',
  name: 'Letters',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [topic] } },
    { id: 'letters', type: 'text-splitter', config: { variable_selector: ['start', 'topic'], chunk_size: 1 } },
    {
      id: 'each',
      type: 'iteration',
      config: { iterator_selector: ['letters', 'chunks'], output_selector: ['mark', 'output'] },
    },
    {
      id: 'mark',
      type: 'template',
      parent: 'each',
      config: { template: '<{{ letter }}>', variables: [{ variable: 'letter', value_selector: ['each', 'item'] }] },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'all', value_selector: ['each', 'output'] }] } },
  ],
  edges: chain('start', 'letters', 'each', 'end'),
};

/** Asks a person. */
export const formDocument = {
  format: 'treadle/v1',
  name: 'asks',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'ask',
      type: 'human-input',
      title: 'Ask',
      config: {
        form_content: 'Well? {{#$output.why#}}',
        inputs: [{ output_variable_name: 'why', default: { value: 'because' } }],
        user_actions: [{ id: 'yes', title: 'Yes', button_style: 'primary' }],
        timeout: 24,
      },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'why', value_selector: ['ask', 'why'] }] } },
  ],
  edges: [
    { source: 'start', target: 'ask' },
    { source: 'ask', target: 'end', source_handle: 'yes' },
  ],
};

/** As exported from Dify: an app without a graph. */
export const completionApp = {
  kind: 'app',
  version: '0.1.5',
  app: { name: 'Completer', mode: 'completion' },
  model_config: {
    model: { provider: 'openai', name: 'small', mode: 'chat', completion_params: {} },
    pre_prompt: 'Write about {{topic}}.',
    user_input_form: [{ 'text-input': { variable: 'topic', label: 'Topic', required: true } }],
  },
};

/** A chat without a graph. */
export const promptChatApp = {
  ...completionApp,
  app: { name: 'Prompted', mode: 'chat' },
  model_config: { ...completionApp.model_config, pre_prompt: 'Be kind.', user_input_form: [] },
};
