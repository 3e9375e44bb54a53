import type { DestinationStream } from 'pino';

interface Line {
  readonly time: string;
  readonly level: string;
  readonly service: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string; readonly message?: string };
}

/** Turns the logger's JSON lines into `07:15:02 INFO  gateway  listening port=8080`, with an error's stack below. */
export function prettyStream(output: DestinationStream): DestinationStream {
  return { write: (json: string) => output.write(`${pretty(json)}\n`) };
}

function pretty(json: string): string {
  const { time, level, service, msg = '', err, ...facts } = JSON.parse(json) as Line & Record<string, unknown>;
  const shown = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const head = [time.slice(11, 19), level.toUpperCase().padEnd(5), service, '', msg, ...shown].join(' ').trimEnd();
  const trace = err?.stack ?? err?.message;
  return trace ? `${head}\n${trace.replace(/^/gm, '    ')}` : head;
}
