type ImageSource =
  /** An address the provider fetches. */
  | { readonly url: string }
  /** The image itself, base64 encoded; the media type is one like `image/png`. */
  | { readonly data: string; readonly mediaType: string };

/** An image a model is shown. */
export type ModelImage = ImageSource & {
  /** How closely the model looks: low, high or auto; absent for the provider's own default. */
  readonly detail?: string;
};

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly image: ModelImage };

export interface ModelMessage {
  readonly role: string;
  /** The whole content when there are no parts. */
  readonly text: string;
  /** Text and images in order; the content, when there are any. */
  readonly parts?: readonly ContentPart[];
  /** Of an assistant message: what it called. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of a tool message: the call it answers. */
  readonly toolCallId?: string;
}

/** A tool the model may call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether the arguments must keep to the schema exactly. */
  readonly strict: boolean;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them; usually a JSON object. */
  readonly argumentsJson: string;
}

/** What the answer must look like. */
export type ResponseFormat =
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict: boolean;
    };

export interface ReasoningSettings {
  /** `none`, `minimal`, `low`, `medium` or `high`; empty for the model's own default. */
  readonly effort: string;
  /** 0 for none given. */
  readonly maxTokens: number;
}

/** The content as parts, whichever way it was given. */
export function contentOf({ parts, text }: Pick<ModelMessage, 'parts' | 'text'>): readonly ContentPart[] {
  if (parts?.length) return parts;
  return text ? [{ type: 'text', text }] : [];
}

/** The text of a message, images left out. */
export function textOf(message: Pick<ModelMessage, 'parts' | 'text'>): string {
  return contentOf(message)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('');
}
