import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Lets Nest write its own lines through our logger: `NestFactory.create(AppModule, { logger: new NestLogger(logger) })`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  /** What the framework tells of its own start (routes, modules) is for whoever debugs it. */
  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the name of the speaking class last and, for errors, a stack before it; ours give facts and then a text, as pino takes them. */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const texts = rest.filter((item) => typeof item === 'string');
    if (texts.length > 1 && isFacts(message))
      return this.logger[level]({ context: texts.at(-1), ...message }, texts[0]);
    const facts = { context: texts.at(-1), stack: texts.length > 1 ? texts[0] : undefined };
    if (message instanceof Error) this.logger[level]({ ...facts, err: message }, message.message);
    else if (typeof message === 'string') this.logger[level](facts, message);
    else this.logger[level]({ ...facts, data: message });
  }
}

function isFacts(message: unknown): message is object {
  return typeof message === 'object' && message !== null && !(message instanceof Error);
}
