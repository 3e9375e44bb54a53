import { InvalidArgumentError } from 'commander';

/** One `--option name=value`, added to those before it. */
export function addAssignment(argument: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const sign = argument.indexOf('=');
  if (sign < 1) throw new InvalidArgumentError('Write name=value.');
  return { ...before, [argument.slice(0, sign)]: argument.slice(sign + 1) };
}

/** One of the models that a route stands for. */
export interface RouteTarget {
  readonly provider: string;
  readonly model: string;
  readonly weight?: number;
  readonly order?: number;
}

/** One `--target provider/model,weight=2,order=1`, added to those before it. Names of models may hold slashes themselves. */
export function addTarget(argument: string, before: readonly RouteTarget[] = []): RouteTarget[] {
  const [name = '', ...settings] = argument.split(',');
  const slash = name.indexOf('/');
  if (slash < 1 || slash === name.length - 1)
    throw new InvalidArgumentError('Write provider/model, then perhaps ,weight=2 and ,order=1.');
  const target = { provider: name.slice(0, slash), model: name.slice(slash + 1) };
  return [...before, settings.reduce<RouteTarget>((sum, setting) => ({ ...sum, ...targetSetting(setting) }), target)];
}

function targetSetting(setting: string): Partial<RouteTarget> {
  const [, name, value] = /^(weight|order)=(.+)$/.exec(setting) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError(`"${setting}" is neither weight=<number> nor order=<number>.`);
  return { [name]: amount(value) };
}

/** Reads a number from 0, with or without a fraction. */
export function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Give a number from 0.');
  return value;
}

/** Reads a whole number from 0 to 100. */
export function percent(text: string): number {
  if (!/^(\d{1,2}|100)$/.test(text)) throw new InvalidArgumentError('Give a whole number from 0 to 100.');
  return Number(text);
}

/** One of several numbers, added to those before it. */
export function addNumber(text: string, before: readonly number[] = []): number[] {
  return [...before, amount(text)];
}
