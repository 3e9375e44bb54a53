import { FailureError } from '@treadle/failure';
import type {
  ChatPart,
  ChatQuestion,
  Code,
  CodeQuestion,
  DocumentQuestion,
  Documents,
  Files,
  Http,
  HttpAnswer,
  HttpQuestion,
  Knowledge,
  KnowledgeAnswer,
  KnowledgeQuestion,
  Models,
  NodeContext,
  Templates,
  ToolAnswer,
  ToolDescription,
  ToolQuestion,
  Tools,
} from '@treadle/nodes';
import { localFile, renderPlain } from '@treadle/nodes';
import type { Json } from '@treadle/workflow';

/** A model that plays back parts, one list a call, and remembers what it was asked. A failure among the parts is thrown. */
export function fakeModels(
  ...answers: readonly (readonly (ChatPart | FailureError)[])[]
): Models & { readonly questions: ChatQuestion[] } {
  const questions: ChatQuestion[] = [];
  return {
    questions,
    async *chat(question) {
      const parts = answers[questions.push(question) - 1] ?? [];
      for (const part of parts) {
        if (part instanceof FailureError) throw part;
        yield part;
      }
    },
  };
}

/** The last part of an answer. */
export function finished(overrides: Partial<Extract<ChatPart, { type: 'finished' }>> = {}): ChatPart {
  return {
    type: 'finished',
    finishReason: 'stop',
    inputTokens: 3,
    outputTokens: 2,
    provider: 'fake',
    model: 'fake-1',
    warnings: [],
    ...overrides,
  };
}

/** A server that gives the same answer to everyone and remembers what it was sent. */
export function fakeHttp(answer: Partial<HttpAnswer> = {}): Http & { readonly questions: HttpQuestion[] } {
  const questions: HttpQuestion[] = [];
  return {
    questions,
    async send(question) {
      questions.push(question);
      const { body = '' } = answer;
      return { status: 200, headers: {}, body, bytes: Buffer.from(body), ...answer };
    },
  };
}

/** Uploaded files by their ids. Those that are written are called by their names. */
export function fakeFiles(uploaded: Readonly<Record<string, Uint8Array>> = {}): Files {
  const contents: Record<string, Uint8Array> = { ...uploaded };
  return {
    async write({ name, mediaType, bytes }) {
      contents[name] = bytes;
      return localFile({ id: name, name, mediaType, bytes: bytes.byteLength, url: '' });
    },
    async read({ name, related_id: id }, maxBytes) {
      const content = id === null ? undefined : contents[id];
      if (!content) throw FailureError.of('file_not_found', `There is no file "${name}".`);
      if (content.byteLength <= maxBytes) return content;
      throw FailureError.of(
        'payload_too_large',
        `"${name}" has ${content.byteLength} bytes; at most ${maxBytes} are allowed.`,
      );
    },
  };
}

/** Reads every document as text in UTF-8 and remembers what it was given. */
export function fakeDocuments(): Documents & { readonly read: DocumentQuestion[] } {
  const read: DocumentQuestion[] = [];
  return {
    read,
    async text(question) {
      read.push(question);
      return Buffer.from(question.bytes).toString();
    },
  };
}

/** Renders every template where it is, without a cap on time and memory. */
export function fakeTemplates(): Templates {
  return { render: async (template, variables) => renderPlain(template, variables) };
}

/** Code that returns the same for everyone, or does what the function says, and remembers what it was asked to run. */
export function fakeCode(
  result: Json | ((question: CodeQuestion) => Json) = {},
  printed = '',
): Code & { readonly questions: CodeQuestion[] } {
  const questions: CodeQuestion[] = [];
  return {
    questions,
    async run(question) {
      questions.push(question);
      return { result: typeof result === 'function' ? result(question) : result, printed };
    },
  };
}

/** A tool, with defaults for what a spec does not care about. */
export function aTool(tool: string, facts: Partial<ToolDescription> = {}): ToolDescription {
  const name = { toolset: 'desk', tool };
  return {
    name,
    version: 1,
    description: `Does ${tool}.`,
    parameters: { type: 'object' },
    mutating: false,
    needsApproval: false,
    ...facts,
  };
}

/** Tools that exist and answer as the function says, and that remember how they were called. */
export function fakeTools(
  tools: readonly ToolDescription[] = [],
  answer: (question: ToolQuestion) => Partial<ToolAnswer> = () => ({}),
): Tools & { readonly questions: ToolQuestion[] } {
  const questions: ToolQuestion[] = [];
  return {
    questions,
    describe: async (names) =>
      names.flatMap(({ toolset, tool }) => {
        const found = tools.filter(({ name }) => name.toolset === toolset && (tool === '' || tool === name.tool));
        if (found.length > 0) return found;
        throw FailureError.of('tool_not_found', `There is no tool "${tool}" in "${toolset}".`);
      }),
    async call(question) {
      questions.push(question);
      return { text: '', files: [], isError: false, warnings: [], ...answer(question) };
    },
  };
}

/** Datasets that give the same answer to everyone, and remember what they were asked. */
export function fakeKnowledge(
  answer: Partial<KnowledgeAnswer> = {},
): Knowledge & { readonly questions: KnowledgeQuestion[] } {
  const questions: KnowledgeQuestion[] = [];
  return {
    questions,
    async search(question) {
      questions.push(question);
      return { passages: [], degraded: '', notes: [], ...answer };
    },
  };
}

/** What a node did beside its outcome. */
export interface FakeContext extends NodeContext {
  readonly shown: string[];
  readonly warnings: string[];
}

/** A context in which the values are those given, by `node.name`. */
export function fakeContext(
  values: Readonly<Record<string, Json>> = {},
  capabilities: Partial<NodeContext['capabilities']> = {},
): FakeContext {
  const shown: string[] = [];
  const warnings: string[] = [];
  return {
    shown,
    warnings,
    read: (selector) => values[selector.join('.')],
    history: [],
    capabilities: {
      code: fakeCode(),
      documents: fakeDocuments(),
      knowledge: fakeKnowledge(),
      models: fakeModels(),
      http: fakeHttp(),
      files: fakeFiles(),
      tools: fakeTools(),
      templates: fakeTemplates(),
      ...capabilities,
    },
    emitText: (text) => void shown.push(text),
    warn: (sentence) => void warnings.push(sentence),
    signal: new AbortController().signal,
    attempt: 1,
    idempotencyKey: 'run-1/node',
  };
}
