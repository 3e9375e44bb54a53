import type { JsonObject } from '@treadle/workflow';

export interface TemplateCall {
  readonly template: string;
  readonly variables: JsonObject;
}

/** What became of a template. */
export type TemplateReply =
  | { readonly kind: 'rendered'; readonly text: string }
  /** Its characters, where they are more than allowed. */
  | { readonly kind: 'too-long'; readonly characters: number }
  /** An error of the template, as the renderer tells it. */
  | { readonly kind: 'raised'; readonly message: string }
  | { readonly kind: 'exceeded'; readonly limit: 'time' | 'memory' };

/** What a process is told when it starts. */
export interface TemplateLimits {
  readonly fuel: number;
  readonly mostCharacters: number;
}
