import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { type KubeObject, readObjects } from './objects.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The folder of the chart. */
export const chart = `${root}charts/treadle`;

export type HelmMajor = 3 | 4;
export const helmMajors: readonly HelmMajor[] = [3, 4];
/** The versions of Kubernetes that the chart is for. */
export const kubeVersions: readonly string[] = ['29', '30', '31', '32', '33', '34', '35', '36'].map(
  (minor) => `1.${minor}.0`,
);

/** Values as a file of them has them. */
export type Values = Readonly<Record<string, unknown>>;

/** Values by the name of their profile, as `charts/treadle/ci` has them. */
export function readProfiles(): Record<string, Values> {
  const files = readdirSync(`${chart}/ci`).filter((file) => file.endsWith('-values.yaml'));
  return Object.fromEntries(
    files
      .sort()
      .map((file) => [
        file.slice(0, -'-values.yaml'.length),
        (parse(readFileSync(`${chart}/ci/${file}`, 'utf8')) ?? {}) as Values,
      ]),
  );
}

export interface RenderOptions {
  readonly values?: Values;
  readonly major?: HelmMajor;
  readonly kubeVersion?: string;
  /** As for `helm upgrade`, which knows what is there already. */
  readonly upgrade?: boolean;
  /** More arguments, such as those that name a cluster. */
  readonly more?: readonly string[];
}

export interface Rendered {
  readonly text: string;
  readonly objects: readonly KubeObject[];
  /** How long Helm took. */
  readonly milliseconds: number;
}

/** What Helm says when it refuses values. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

const programs = new Map<HelmMajor, string>();

/** The program of that major version; the first time it may have to be fetched. */
export function helmProgram(major: HelmMajor): string {
  const known = programs.get(major);
  if (known !== undefined) return known;
  const found = execFileSync(process.execPath, [`${root}tools/helm.mjs`, String(major)], { encoding: 'utf8' }).trim();
  programs.set(major, found);
  return found;
}

/** Renders the release `treadle` in the namespace `llm`. @throws Refused with what Helm says. */
export async function render(options: RenderOptions = {}): Promise<Rendered> {
  const { values = {}, major = 4, kubeVersion = '1.34.0', upgrade = false, more = [] } = options;
  const version = more.length > 0 ? [] : ['--kube-version', kubeVersion];
  const change = upgrade ? ['--is-upgrade'] : [];
  const begun = performance.now();
  const text = await run(
    major,
    ['template', 'treadle', chart, '-n', 'llm', '-f', '-', ...version, ...change, ...more],
    values,
  );
  return { text, objects: readObjects(text), milliseconds: performance.now() - begun };
}

/** @throws Refused with what the linter says. */
export async function lint(major: HelmMajor, values: Values): Promise<void> {
  await run(major, ['lint', '--strict', chart, '-f', '-'], values);
}

function run(major: HelmMajor, commandLine: readonly string[], values: Values): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { maxBuffer: 64 << 20, env: { PATH: process.env['PATH'], HOME: '/nonexistent' } };
  const child = execFile(helmProgram(major), commandLine, options, (error, stdout, stderr) => {
    if (error) reject(new Refused(`${stderr}${commandLine[0] === 'lint' ? stdout : ''}`.trim()));
    else resolve(stdout);
  });
  // Helm reads an older YAML, to which a bare `NO` is false.
  child.stdin?.end(stringify(values, { version: '1.1' }));
  return promise;
}
