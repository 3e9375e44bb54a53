import { FailureError } from '@treadle/failure';
import { GuestPool, jsonLine, nodeCommand, ProcessGuest, programBeside } from '@treadle/guests';
import {
  isPlainTemplate,
  maxRenderedLength,
  maxTemplateFuel,
  renderedTooLong,
  renderPlain,
  templateFailure,
} from '@treadle/nodes';
import type { JsonObject } from '@treadle/workflow';
import { z } from 'zod';
import type { TemplateCall, TemplateLimits, TemplateReply } from './template-call.js';

export interface TemplateRendererOptions {
  /** The most templates rendered at a time, each in a process of its own. */
  readonly processes: number;
  /** How long one template may take. */
  readonly timeoutSeconds: number;
  /** What one template may take, beside its process. */
  readonly memoryBytes: number;
}

/** Node and the renderer, before they have rendered anything. */
const processBytes = 128 * 1024 * 1024;
const idleMs = 300_000;

const replySchema: z.ZodType<TemplateReply> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rendered'), text: z.string() }),
  z.object({ kind: z.literal('too-long'), characters: z.number() }),
  z.object({ kind: z.literal('raised'), message: z.string() }),
  z.object({ kind: z.literal('exceeded'), limit: z.enum(['time', 'memory']) }),
]);

/** Renders templates in processes that may do nothing else. A template that runs or grows too far costs its process, and nobody else anything. */
export class TemplateRenderer {
  private readonly pool: GuestPool<TemplateCall, TemplateReply>;

  constructor(private readonly options: TemplateRendererOptions) {
    this.pool = new GuestPool<TemplateCall, TemplateReply>({
      size: options.processes,
      start: () => startProcess(options),
      watchdogMs: options.timeoutSeconds * 1000,
      late: { kind: 'exceeded', limit: 'time' },
      isSpent: ({ kind }) => kind === 'exceeded',
      callsOfGuest: 100_000,
      oneOwner: false,
      idleMs,
    });
  }

  /**
   * Renders a template that sees the given variables and nothing else; a plain one here, any other in a process. The signal ends it.
   * @throws FailureError `template_error` with the line at fault, `limit_exceeded`, or the signal's reason.
   */
  async render(template: string, variables: JsonObject, signal: AbortSignal): Promise<string> {
    if (isPlainTemplate(template)) return renderPlain(template, variables);
    const reply = await this.pool.run('', { template, variables }, signal).catch((cause: unknown) => {
      if (signal.aborted || cause instanceof FailureError) throw cause;
      throw FailureError.of(
        'limit_exceeded',
        'The template brought its renderer down. Make it simpler.',
        {},
        { cause },
      );
    });
    switch (reply.kind) {
      case 'rendered':
        return reply.text;
      case 'too-long':
        throw renderedTooLong(reply.characters);
      case 'raised':
        throw templateFailure(new Error(reply.message));
      case 'exceeded':
        throw this.exceeded(reply.limit);
    }
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    await this.pool.close();
  }

  private exceeded(limit: 'time' | 'memory'): FailureError {
    const { timeoutSeconds, memoryBytes } = this.options;
    const message =
      limit === 'time'
        ? `The template was not done after ${timeoutSeconds} s. Loop over fewer items.`
        : `The template needs more than ${Math.round(memoryBytes / 1024 / 1024)} MiB of memory. Make its texts shorter.`;
    return FailureError.of('limit_exceeded', message);
  }
}

function startProcess({ memoryBytes }: TemplateRendererOptions) {
  const limits: TemplateLimits = { fuel: maxTemplateFuel, mostCharacters: maxRenderedLength };
  return ProcessGuest.start<TemplateCall, TemplateReply>({
    command: nodeCommand(programBeside(import.meta.url, 'template.process'), { argument: limits }),
    write: (call) => [jsonLine(call)],
    parse: (line) => replySchema.parse(JSON.parse(line)),
    // Escaped, a character takes six at most; a message of the renderer may hold a line of the template.
    longestLine: 6 * maxRenderedLength + 1024 * 1024,
    mostBytes: processBytes + memoryBytes,
    tookTooMuch: { kind: 'exceeded', limit: 'memory' },
  }).catch((cause: unknown) => {
    const message = 'The process that renders templates could not be started. The log of the executor says why.';
    throw FailureError.of('unavailable', message, {}, { cause });
  });
}
