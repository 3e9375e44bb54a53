import { contentOf, type ModelMessage } from './message.js';

/** Tokens that chat formats put around a message, and that providers add before the first one. */
const tokensPerMessage = 8;
const tokensPerPrompt = 32;

/** What an image may count at most. Small models of OpenAI count them many times over, so that images cost the same everywhere. */
const tokensPerImage = 3000;
const tokensPerImageOfSmallModels = 50_000;

/** What is sent with the messages and counts as prompt too, as JSON. */
export interface Prompt {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly unknown[];
  readonly responseFormat?: unknown;
}

/**
 * An upper bound of a prompt's tokens that costs nothing: no tokenizer makes more tokens than there are bytes. Texts that are not messages
 * (embeddings, documents to rank) are given as messages.
 */
export function promptTokensAtMost(prompt: Prompt): number {
  const { messages, tools, responseFormat } = prompt;
  let bytes = 0;
  let images = 0;
  for (const message of messages) {
    for (const part of contentOf(message)) {
      if (part.type === 'text') bytes += Buffer.byteLength(part.text);
      else images += 1;
    }
    if (message.toolCalls)
      for (const { name, argumentsJson } of message.toolCalls)
        bytes += Buffer.byteLength(name) + Buffer.byteLength(argumentsJson);
  }
  if (tools) bytes += Buffer.byteLength(JSON.stringify(tools));
  if (responseFormat) bytes += Buffer.byteLength(JSON.stringify(responseFormat));
  const ofImages = images > 0 ? images * tokensOfImage(prompt.model) : 0;
  return bytes + tokensPerPrompt + messages.length * tokensPerMessage + ofImages;
}

function tokensOfImage(model: string): number {
  return /-(mini|nano)/.test(model) ? tokensPerImageOfSmallModels : tokensPerImage;
}
