import type { Json, JsonObject } from '@treadle/workflow';
import type { FileValue } from './files/file.js';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** The whole content when there are no parts. */
  readonly text: string;
  /** Text and images in order; the content, when there are any. */
  readonly parts?: readonly ChatContent[];
  /** Of an assistant message: what it called. */
  readonly toolCalls?: readonly ChatToolCall[];
  /** Of a tool message: the call it answers. */
  readonly toolCallId?: string;
}

export type ChatContent =
  | { readonly type: 'text'; readonly text: string }
  /** An http or https address that the provider fetches. */
  | ({ readonly type: 'image-url'; readonly url: string } & ImageSettings)
  /** Base64 encoded; the media type is one like `image/png`. */
  | ({ readonly type: 'image-data'; readonly data: string; readonly mediaType: string } & ImageSettings);

interface ImageSettings {
  /** How closely the model looks; absent for the provider's own default. */
  readonly detail?: 'low' | 'high' | 'auto';
}

export interface ChatToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them; usually a JSON object. */
  readonly argumentsJson: string;
}

/** A tool the model may call. */
export interface ChatTool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments, an object. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** Whether the arguments must keep to the schema exactly, where the provider can promise that. */
  readonly strict?: boolean;
}

export type ChatResponseFormat =
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      /** Letters, digits, underscore and hyphen. */
      readonly name: string;
      readonly schema: Readonly<Record<string, Json>>;
      readonly strict: boolean;
    };

export interface ChatQuestion {
  /** Provider and model by the names the workflow uses; an empty provider lets any that knows the model serve it. */
  readonly provider: string;
  readonly model: string;
  /** Name of a route, which decides who serves the call instead of provider and model. */
  readonly route?: string;
  readonly messages: readonly ChatMessage[];
  /** Sampling settings with OpenAI's names. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly tools?: readonly ChatTool[];
  /** `auto`, `none`, `required` or the name of a tool; absent means auto. */
  readonly toolChoice?: string;
  /** Absent for plain text. */
  readonly responseFormat?: ChatResponseFormat;
  /** `none`, `minimal`, `low`, `medium` or `high`, and tokens at most; absent for the model's own default. */
  readonly reasoning?: { readonly effort?: string; readonly maxTokens?: number };
  /** Whether an earlier answer to the same question may be given again; absent for the route's own setting. */
  readonly cache?: { readonly enabled: boolean; readonly ttlSeconds?: number };
  /** What the rules of a route may go by, for example `small`. */
  readonly hint?: string;
}

export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A piece of a call of a tool. The first of an index has id and name; the arguments of all with one index belong together. */
  | {
      readonly type: 'toolCall';
      readonly index: number;
      readonly id: string;
      readonly name: string;
      readonly argumentsJson: string;
    }
  | {
      readonly type: 'finished';
      readonly finishReason: string;
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** Of the input, what the provider read from its own prompt cache; absent means 0. */
      readonly cachedInputTokens?: number;
      /** Of the output; absent means 0. */
      readonly reasoningTokens?: number;
      /** Whether it is an earlier answer given again, for which nothing is billed; absent means no. */
      readonly cached?: boolean;
      /** Who served the call. */
      readonly provider: string;
      readonly model: string;
      readonly warnings: readonly string[];
    };

/** Asks models. Ends with a `finished` part or throws a `FailureError`; a stream that breaks off is a failure, never a short answer. */
export interface Models {
  chat(question: ChatQuestion): AsyncIterable<ChatPart>;
}

export interface HttpQuestion {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of headers that must not follow a redirect to another origin, besides those that carry credentials by their nature. */
  readonly secretHeaders?: readonly string[];
  readonly body?: string | Uint8Array;
  /** Above this a redirect is a failure; with 0 it is the answer itself. Absent for five. */
  readonly maxRedirects?: number;
  readonly connectTimeoutSeconds: number;
  readonly readTimeoutSeconds: number;
  /** False asks not to check the server's certificate, which only the operator can grant; absent checks it. */
  readonly verifyCertificate?: boolean;
  /** Above this the answer is refused with its size. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** The same as text, in the charset it says it has. */
  readonly body: string;
}

/** Sends requests to addresses a user wrote, behind the guard that refuses private ones. Throws `FailureError`. */
export interface Http {
  send(question: HttpQuestion): Promise<HttpAnswer>;
}

/** A file that a node made. */
export interface NewFile {
  /** Without folders. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Files of the run's tenant: uploaded ones, and those that runs made. */
export interface Files {
  /**
   * The content of a file of ours (`local_file`); others are fetched by `Http`.
   * @throws FailureError `file_not_found` when it was deleted, `payload_too_large` with the sizes.
   */
  read(file: FileValue, maxBytes: number): Promise<Uint8Array>;
  /** Keeps a file that a node made, as long as its run is kept. */
  write(file: NewFile): Promise<FileValue>;
}

export interface CodeQuestion {
  readonly language: 'python3' | 'javascript';
  /** Defines `main`, which is called with the inputs. */
  readonly code: string;
  readonly inputs: JsonObject;
}

export interface CodeAnswer {
  /** What `main` returned. */
  readonly result: Json;
  /** What the code printed, cut off where it is too much; empty when it printed nothing. */
  readonly printed: string;
}

/**
 * Runs code that a user wrote, where it can reach nothing. Throws `FailureError`: `code_failed` where the code does not parse or raises,
 * `code_timeout`, `code_memory_exceeded`, and `code_output_invalid` where its result is no JSON or too large.
 */
export interface Code {
  run(question: CodeQuestion): Promise<CodeAnswer>;
}

/** A tool by the toolset it belongs to and its own name. */
export interface ToolName {
  readonly toolset: string;
  readonly tool: string;
}

export interface ToolDescription {
  readonly name: ToolName;
  /** The version of the toolset that would serve, from 1. */
  readonly version: number;
  readonly description: string;
  /** JSON schema of the arguments, an object without references. */
  readonly parameters: JsonObject;
  /** Whether a call may change something outside. */
  readonly mutating: boolean;
  /** Whether a person has to agree to each call first. */
  readonly needsApproval: boolean;
}

export interface ToolQuestion {
  readonly name: ToolName;
  /** The version a description gave; absent lets the registry choose. */
  readonly version?: number;
  readonly arguments: JsonObject;
  /** Whether a person has agreed to this call. */
  readonly approved?: boolean;
  /** The longest the call may take, in seconds; absent for the rest of the task's time. */
  readonly timeoutSeconds?: number;
}

export interface ToolAnswer {
  /** What a model or a person reads. */
  readonly text: string;
  /** Absent where the answer has no such form. */
  readonly json?: Json;
  /** Files the tool made, already stored for the run. */
  readonly files: readonly FileValue[];
  /** Whether the tool itself says that it failed; trouble in reaching it is thrown. */
  readonly isError: boolean;
  readonly warnings: readonly string[];
}

/** Calls tools of the run's tenant. Every attempt of a node makes the same call: it happens once. Throws `FailureError`. */
export interface Tools {
  /** In the order asked for; an empty tool name stands for every tool of its toolset. */
  describe(names: readonly ToolName[]): Promise<readonly ToolDescription[]>;
  call(question: ToolQuestion): Promise<ToolAnswer>;
}

/** A file whose text is wanted. */
export interface DocumentQuestion {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  /** Empty where it is not known. */
  readonly mediaType: string;
}

/**
 * Reads the text out of documents that nobody trusts. Throws `FailureError`: `document_too_large`, `document_unreadable`,
 * `document_unsupported`.
 */
export interface Documents {
  /** Empty where there is none, as in scans. */
  text(question: DocumentQuestion): Promise<string>;
}

/** What is looked for, and where. */
export interface KnowledgeQuestion {
  readonly datasetIds: readonly string[];
  readonly query: string;
  /** How the search goes, as the retrieval service names it; absent for the settings of the dataset. */
  readonly settings?: JsonObject;
  /** Conditions on the metadata of documents; absent for none. */
  readonly filter?: JsonObject;
  /** Chat model that makes conditions from the query where none are given; absent for none. */
  readonly filterModel?: { readonly provider: string; readonly model: string };
}

/** A piece of a document that was found. */
export interface Passage {
  readonly datasetId: string;
  readonly datasetName: string;
  readonly documentId: string;
  readonly documentName: string;
  readonly chunkId: string;
  /** Counted from 1 within its document. */
  readonly position: number;
  readonly content: string;
  readonly score: number;
  /** The address or the file it came from; empty for a text. */
  readonly source: string;
  readonly metadata: JsonObject;
}

export interface KnowledgeAnswer {
  /** Best first. */
  readonly passages: readonly Passage[];
  /** Why the answer is less than it could be; empty for a whole one. */
  readonly degraded: string;
  /** What of a model's conditions was left out, and why. */
  readonly notes: readonly string[];
}

/** Finds passages in datasets of the run's tenant. Throws `FailureError`: `not_found` and `invalid_argument` name what is wrong. */
export interface Knowledge {
  search(question: KnowledgeQuestion): Promise<KnowledgeAnswer>;
}

/** Renders Jinja2 templates that a user wrote. Throws `FailureError`: `template_error` with the line at fault, `limit_exceeded`. */
export interface Templates {
  /** The template sees the variables and nothing else. */
  render(template: string, variables: JsonObject): Promise<string>;
}

/** Everything a node may ask of the world. */
export interface Capabilities {
  readonly code: Code;
  readonly documents: Documents;
  readonly knowledge: Knowledge;
  readonly models: Models;
  readonly http: Http;
  readonly files: Files;
  readonly tools: Tools;
  readonly templates: Templates;
}
