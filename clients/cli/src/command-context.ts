import { type Command, Option } from 'commander';
import { ApiClient } from './api-client.js';
import { usageError } from './cli-error.js';
import { processTerminal, type Terminal } from './output/terminal.js';

/** What every command works with. */
export interface CommandContext {
  readonly api: ApiClient;
  /** The server's address, for messages. */
  readonly url: string;
  /** Results as JSON: one document, or one line per event. */
  readonly json: boolean;
  readonly terminal: Terminal;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
}

interface GlobalOptions {
  readonly json?: boolean;
  readonly url: string;
  readonly apiKey?: string;
}

/** The options that every command takes. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option('--json', 'print results as JSON: one document, or one line per event', false)
    .addOption(new Option('--url <url>', 'where Treadle listens').env('TREADLE_URL').default('http://127.0.0.1:8080'))
    .addOption(new Option('--api-key <key>', 'the key to authenticate with').env('TREADLE_API_KEY'));
}

/** @throws CliError when the address is no URL. */
export function contextOf(command: Command, signal: AbortSignal): CommandContext {
  const { url, apiKey, json = false } = command.optsWithGlobals<GlobalOptions>();
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw usageError(`"${url}" is no address. Write it like http://127.0.0.1:8080.`);
  // An empty variable means none, as for every other setting.
  return { api: new ApiClient({ url, apiKey: apiKey || undefined }), url, json, terminal: processTerminal(), signal };
}

/** Prints a result: as JSON where that was asked for, otherwise as the text for a person. */
export function print({ json, terminal }: CommandContext, value: unknown, text: () => string): void {
  terminal.out.write(`${json ? JSON.stringify(value) : text()}\n`);
}
