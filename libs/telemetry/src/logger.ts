import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { currentContext } from './context.js';
import { prettyStream } from './pretty-stream.js';
import { type RedactionRules, redactionOf, redactionRulesFrom } from './redaction.js';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** The service's name, on every line. */
  readonly service: string;
  /** Default: `TREADLE_LOG_LEVEL`, or `info` if that is unset or no level. */
  readonly level?: LogLevel;
  /** Lines for a person on a terminal instead of JSON. Default false. */
  readonly pretty?: boolean;
  /** Where lines go. Default: standard error, so that standard output stays free for answers. */
  readonly output?: DestinationStream;
  /** What is left out of every line. Default: `TREADLE_REDACT_KINDS`, `_WORDS` and `_NAMES`, or nothing. */
  readonly rules?: RedactionRules;
}

const secretNames = ['authorization', 'apiKey', 'api_key', 'password', 'token', 'secret', 'cookie', '["x-api-key"]'];
const at = (prefix: string, name: string) => (name.startsWith('[') ? `${prefix}${name}` : `${prefix}.${name}`);
/** At the top of a line's facts and one and two levels below: headers, requests, options. */
const redactedPaths = secretNames.flatMap((name) => [name, at('*', name), at('*.*', name)]);

/** A logger whose lines are JSON with ISO time, level name, service and the context around the caller. */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.output ?? destination({ fd: 2, sync: true });
  const clean = redactionOf(options.rules ?? redactionRulesFrom(process.env));
  return pino(
    {
      level: options.level ?? levelFromEnvironment(),
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      ...(clean && { hooks: { streamWrite: (line: string) => cleanLine(line, clean) } }),
      mixin: () => ({ ...currentContext() }),
      redact: { paths: redactedPaths, censor: '***' },
    },
    options.pretty ? prettyStream(output) : output,
  );
}

/** Facts, those of the loggers it came through, and the sentence. The line's own facts stay what they are. */
function cleanLine(line: string, clean: (value: unknown) => unknown): string {
  const { level, time, service, ...facts } = JSON.parse(line) as Record<string, unknown>;
  return `${JSON.stringify({ level, time, service, ...(clean(facts) as object) })}\n`;
}

function levelFromEnvironment(): LogLevel {
  const wanted = process.env.TREADLE_LOG_LEVEL;
  return logLevels.find((level) => level === wanted) ?? 'info';
}
