import type { ChatResponse } from '@treadle/contracts';
import { toFailure } from '@treadle/failure';
import type { FastifyReply } from 'fastify';
import { SseConnection } from '../../streaming/sse-connection.js';
import { type AnswerHead, chunksOf, firstChunk } from './chat-completion.view.js';
import { openAiError } from './openai-error.js';

/**
 * Streams an answer as OpenAI does. A failure before its first part is thrown, to be answered with a status; one after it ends the stream with
 * an error, which the clients throw.
 */
export async function streamAnswer(
  reply: FastifyReply,
  parts: AsyncGenerator<ChatResponse>,
  head: AnswerHead,
  withUsage: boolean,
): Promise<void> {
  let next = await parts.next();
  reply.hijack();
  const connection = new SseConnection(reply.raw, reply.getHeaders(), () => undefined);
  const eventsOf = partWriter(head, withUsage);
  let opening = eventOf(firstChunk(head));
  try {
    while (!next.done && connection.open) {
      await connection.write(opening + eventsOf(next.value));
      opening = '';
      next = await parts.next();
    }
    connection.end(`${opening}data: [DONE]\n\n`);
  } catch (error) {
    connection.end(eventOf(openAiError(toFailure(error)).body));
  } finally {
    await parts.return(undefined);
  }
}

/** Writes parts as events. Those of texts differ in nothing but the text, so all else of them is written once. */
function partWriter(head: AnswerHead, withUsage: boolean): (part: ChatResponse) => string {
  const write = (response: ChatResponse) => chunksOf(head, response, withUsage).map(eventOf).join('');
  const empty = write({ part: { $case: 'text', value: '' } });
  const at = empty.lastIndexOf('""');
  const [before, after] = [empty.slice(0, at), empty.slice(at + 2)];
  return (response) => {
    const { part } = response;
    return part?.$case === 'text' ? before + JSON.stringify(part.value) + after : write(response);
  };
}

function eventOf(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
