import type { ChatResponse } from '@treadle/contracts';
import { type Failure, toFailure } from '@treadle/failure';
import type { FastifyReply } from 'fastify';
import { SseConnection } from '../../streaming/sse-connection.js';
import { type AnswerHead, chunksOf, firstChunk } from './chat-completion.view.js';
import { openAiError } from './openai-error.js';

/**
 * Streams an answer as OpenAI does. A failure before its first part is thrown, to be answered with a status; one after it ends the stream with
 * an error, which the clients throw.
 * @param watch is given what ends the stream early with an error; what it returns is called when the stream has ended.
 */
export async function streamAnswer(
  reply: FastifyReply,
  parts: AsyncGenerator<ChatResponse>,
  head: AnswerHead,
  withUsage: boolean,
  watch: (end: (reason: Failure) => void) => () => void,
): Promise<void> {
  let next = await parts.next();
  reply.hijack();
  const connection = new SseConnection(reply.raw, reply.getHeaders(), () => undefined);
  const fail = (reason: Failure) => connection.end(eventOf(openAiError(reason).body));
  const letGo = watch(fail);
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
    fail(toFailure(error));
  } finally {
    letGo();
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
