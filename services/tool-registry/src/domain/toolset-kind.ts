import type { StreamingHttp } from '@treadle/guarded-http';
import type { Json, JsonObject } from '@treadle/workflow';
import type { Credential } from './credential.js';

/** The kinds of toolsets there are, alphabetical. */
export const kindNames = ['builtin', 'mcp', 'openapi', 'workflow'] as const;
export type KindName = (typeof kindNames)[number];

/** A tool as a source offers it. */
export interface DiscoveredTool {
  /** Unique in its toolset: letters, digits, underscore and hyphen, 64 characters at most, so that every model can call it. */
  readonly name: string;
  /** For the model; empty where the source says nothing. */
  readonly description: string;
  /** JSON schema of the arguments, an object without references. */
  readonly parameters: JsonObject;
  /** Whether a call may change something outside; the tool's policy may say otherwise. */
  readonly mutating: boolean;
  /** Whether the same call made twice is one call for whoever serves it, for example by its `Idempotency-Key`. */
  readonly repeatable: boolean;
  /** What the kind needs to call it; opaque to everyone else. */
  readonly invocation: JsonObject;
}

/** What a source offers at one moment. It is stored as a version of the toolset. */
export interface Discovery {
  readonly tools: readonly DiscoveredTool[];
  /** Hosts (`name` or `name:port`, as in addresses) the tools call: the toolset's credential is bound to them. */
  readonly hosts: readonly string[];
  /** Sentences for whoever registers it. */
  readonly warnings: readonly string[];
  /** What all its tools need to be called, for example a base address. */
  readonly settings: JsonObject;
}

/** What a kind may use to reach its source. */
export interface ToolWorld {
  readonly tenantId: string;
  /** Behind the guard that keeps requests out of the platform's network; ended by the signal. */
  readonly http: StreamingHttp;
  /** Absent where the toolset has none. */
  readonly credential: Credential | undefined;
  /** Ends the work, at its deadline for example. */
  readonly signal: AbortSignal;
}

/** What a kind is given to call one tool. */
export interface CallWorld extends ToolWorld {
  /** Of the call's record. */
  readonly callId: string;
  readonly toolset: string;
  readonly version: number;
  /** The same on every attempt of this call; empty where the caller gave none. */
  readonly idempotencyKey: string;
  /** The run that calls; empty for a call outside of one. */
  readonly runId: string;
  readonly traceparent: string;
  /** Milliseconds since the epoch. The signal fires at it. */
  readonly deadlineUnixMs: number;
  /** The answer's text, JSON and files together may have this many bytes. */
  readonly maxAnswerBytes: number;
}

export interface ToolFile {
  readonly name: string;
  /** For example `image/png`. */
  readonly mediaType: string;
  readonly data: Uint8Array;
}

export interface ToolOutcome {
  /** What a model or a person reads. */
  readonly text: string;
  /** Absent where the answer has no such form. */
  readonly json?: Json;
  readonly files: readonly ToolFile[];
  /** Whether the tool itself says that it failed, so that a model may try otherwise. */
  readonly isError: boolean;
  /** Sentences for the author. */
  readonly warnings: readonly string[];
}

/**
 * Calls the tools of one kind. Everything it throws is a `FailureError`; trouble in reaching the source is thrown, what a tool answers is an outcome.
 * Codes say whether the call has happened: after `tool_unavailable`, `tool_rate_limited` and whatever is the caller's mistake it has not; after
 * `tool_failed`, `http_request_failed` and `deadline_exceeded` nobody knows.
 */
interface CallableKind {
  readonly kind: KindName;
  /** The arguments were checked against the tool's schema. A call uses nothing but what discovery stored. */
  call(tool: DiscoveredTool, settings: JsonObject, args: JsonObject, world: CallWorld): Promise<ToolOutcome>;
  /** Gives up whatever it keeps open. */
  close?(): Promise<void>;
}

/** A kind whose toolsets are registered with a source. */
export interface ToolsetKind extends CallableKind {
  /** Reads the source when it is registered. @throws FailureError `tool_source_invalid` or `invalid_argument` with the field at fault. */
  discover(source: JsonObject, world: ToolWorld): Promise<Discovery>;
}

/** A tool of a toolset that every tenant has. */
export interface ProvidedTool {
  readonly version: number;
  readonly tool: DiscoveredTool;
  /** Absent for the registry's own limit of a call. */
  readonly timeoutMs?: number;
}

/** A kind with one toolset of its own name, which every tenant has without registering anything. */
export interface ProvidedKind extends CallableKind {
  readonly description: string;
  /** Its tools by name, or only those asked for; an unknown one is left out. `version` 0 gives the one that serves. */
  offered(tenantId: string, only?: readonly string[], version?: number): Promise<readonly ProvidedTool[]>;
}
