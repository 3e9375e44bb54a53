import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allMetrics } from '@treadle/telemetry';
import { describe, expect, it } from 'vitest';
import { alertTrials, promtoolTests } from './alert-trials.js';
import { inCheckout } from './child.js';

const rulesFolder = inCheckout('charts/treadle/files/rules');
const dashboardsFolder = inCheckout('charts/treadle/files/dashboards');
const ruleFiles = readdirSync(rulesFolder);
const rules = ruleFiles.map((file) => readFileSync(join(rulesFolder, file), 'utf8')).join('\n');
const runbook = readFileSync(inCheckout('docs/operations.md'), 'utf8');

const isRequired = process.env['TREADLE_REQUIRE_PROMTOOL'] === '1';
const promtool = found();
if (!promtool) console.warn('promtool was not found, so no alert is tried: apt-get install prometheus.');

function found(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if (isRequired) throw error;
    return false;
  }
}

/** Runs promtool on a file; gives what it says when something is wrong. */
function promtoolSays(name: string, content: string, ...command: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-promtool-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, content);
    execFileSync('promtool', [...command, file], { stdio: 'pipe' });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    return stdout.toString() + stderr.toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Names that are no metrics of the catalogue: what the rules record, and what Node and the system say of a process. */
const known = new Set([
  ...allMetrics.flatMap(({ name, kind }) =>
    kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
  ...[...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name),
]);

const namesIn = (text: string) => [...new Set(text.match(/\btreadle[_:][a-z0-9_:]+/g) ?? [])];
const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? '');

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly panels?: readonly Panel[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query?: string }[] };
}

const dashboards = readdirSync(dashboardsFolder).map(
  (file) => JSON.parse(readFileSync(join(dashboardsFolder, file), 'utf8')) as Dashboard,
);
const expressionsOf = ({ panels }: Dashboard) => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

describe('alerts', () => {
  it('ask for metrics that there are', () => {
    const asked = namesIn(rules.replace(/- (?:name|record): .*/g, ''));
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('are all tried', () => {
    expect(alertTrials.map(({ alert }) => alert).sort()).toEqual([...alerts].sort());
  });

  it.each(alerts.filter((name) => !name.endsWith('Slowly')))('%s says what to do', (alert) => {
    expect(runbook).toContain(`### ${alert}\n`);
  });

  const runs = ruleFiles.flatMap((file) => [1, 4].map((everyMinutes) => ({ file, everyMinutes })));

  it.skipIf(!promtool).each(runs)(
    'of $file fire, stay quiet on a blip, and clear, looked at every $everyMinutes min',
    (run) => {
      const { file, everyMinutes } = run;
      const trials = alertTrials.filter((one) => `${one.file}.yaml` === file && one.everyMinutes === everyMinutes);
      const tests = trials.flatMap(promtoolTests);
      const content = { rule_files: [join(rulesFolder, file)], evaluation_interval: `${everyMinutes}m`, tests };
      expect(promtoolSays('tests.json', JSON.stringify(content), 'test', 'rules')).toBe('');
    },
    60_000,
  );
});

describe('dashboards', () => {
  it('are at least four, each with its own name', () => {
    expect(dashboards.length).toBeGreaterThanOrEqual(4);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  });

  it.each(dashboards)('"$title" shows metrics that there are, in PromQL', (dashboard) => {
    const expressions = expressionsOf(dashboard);
    expect(expressions.length).toBeGreaterThan(3);
    expect(namesIn(JSON.stringify(dashboard.panels)).filter((name) => !known.has(name))).toEqual([]);
    const variables = dashboard.templating.list.map(({ name }) => name);
    const used = [...new Set(expressions.join(' ').match(/\$(?!__)\w+/g) ?? [])].map((name) => name.slice(1));
    expect(used.filter((name) => !variables.includes(name))).toEqual([]);
    if (!promtool) return;
    const filled = expressions.map((expr) => expr.replaceAll('$__rate_interval', '5m').replace(/\$\w+/g, '.*'));
    const asRules = filled.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const group = { groups: [{ name: 'panels', rules: asRules }] };
    expect(promtoolSays('panels.json', JSON.stringify(group), 'check', 'rules')).toBe('');
  });
});
