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
  const write = (data: object) => connection.write(`data: ${JSON.stringify(data)}\n\n`);
  try {
    await write(firstChunk(head));
    while (!next.done && connection.open) {
      for (const chunk of chunksOf(head, next.value, withUsage)) await write(chunk);
      next = await parts.next();
    }
    connection.end('data: [DONE]\n\n');
  } catch (error) {
    connection.end(`data: ${JSON.stringify(openAiError(toFailure(error)).body)}\n\n`);
  } finally {
    await parts.return(undefined);
  }
}
