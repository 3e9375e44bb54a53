import { readFileSync } from 'node:fs';
import { FailureError } from '@treadle/failure';
import type { Setting } from './settings.js';

/** Where values come from; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The values of a config, by the names they were declared under. */
export type ConfigValues<S extends Settings> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never;
};

export interface ConfigDefinition<S extends Settings> {
  readonly settings: S;
  /**
   * Reads everything once. The answer is frozen.
   * @throws FailureError `invalid_argument` with one sentence that names every bad setting.
   */
  read(environment?: Environment): ConfigValues<S>;
}

/** The values' type of a definition: `type GatewayConfig = ConfigOf<typeof gatewayConfig>`. */
export type ConfigOf<Definition> = Definition extends ConfigDefinition<infer S> ? ConfigValues<S> : never;

/** Declares the configuration of one service. */
export function defineConfig<const S extends Settings>(settings: S): ConfigDefinition<S> {
  return { settings, read: (environment = process.env) => readAll(settings, environment) };
}

/** One line of the table that `treadle config` prints. */
export interface ConfigRow {
  /** The environment variable. */
  readonly name: string;
  readonly default?: string;
  readonly unit?: string;
  readonly meaning: string;
  readonly secret: boolean;
  /** Whether a start without it is refused. */
  readonly required: boolean;
}

/** Explains every setting, in the order of declaration. */
export function describeConfig(definition: ConfigDefinition<Settings>): ConfigRow[] {
  return Object.values(definition.settings).map(({ env, shownDefault, unit, meaning, secret, optional }) => ({
    name: env,
    default: shownDefault,
    unit,
    meaning,
    secret,
    required: shownDefault === undefined && !optional,
  }));
}

type Outcome = { readonly value: unknown } | { readonly problem: string };

function readAll<S extends Settings>(settings: S, environment: Environment): ConfigValues<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const outcome = readOne(setting, environment);
    if ('problem' in outcome) problems.push(outcome.problem);
    else values[name] = outcome.value;
  }
  if (problems.length > 0)
    throw FailureError.of('invalid_argument', `The configuration is wrong: ${problems.join('; ')}.`);
  return Object.freeze(values) as ConfigValues<S>;
}

function readOne(setting: Setting<unknown>, environment: Environment): Outcome {
  const { env, expected, fallback, optional, meaning, secret } = setting;
  const found = textOf(env, environment);
  if ('problem' in found) return found;
  if (found.text === undefined) {
    if (fallback !== undefined || optional) return { value: fallback };
    return { problem: `${env} must be set (${meaning})` };
  }
  const value = setting.parse(found.text);
  if (value !== undefined) return { value };
  return { problem: `${env} must be ${expected}${secret ? '' : `, not "${found.text}"`}` };
}

/** An empty variable counts as absent, because templates write one for a value nobody gave. */
function textOf(env: string, environment: Environment): { readonly text?: string } | { readonly problem: string } {
  const text = environment[env] || undefined;
  const file = environment[`${env}_FILE`] || undefined;
  if (file === undefined) return { text };
  if (text !== undefined) return { problem: `${env} and ${env}_FILE are both set, where only one may be` };
  try {
    return { text: readFileSync(file, 'utf8').trim() || undefined };
  } catch (error) {
    return { problem: `${env}_FILE names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}
