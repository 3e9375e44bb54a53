import { parseArgs } from 'node:util';
import { attackClasses } from './attacks/classes.js';
import { type ClassReport, runClass } from './attacks/run-class.js';
import { openSite } from './attacks/site.js';

const help = `Attacks a whole Treadle with a database of its own, from outside, by one organisation that means another ill: each case must be
refused, denials must be on record, nothing of the victim may have changed and the service must be up afterwards.

  npm run e2e:attacks -- [options]

  --only CLASS     only this class; may be repeated
  --sample N       at most N cases of each class
  --list           names the classes

Exits with 1 when something got through.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = values.only.filter((name) => !attackClasses.some((one) => one.name === name));
if (unknown.length > 0) console.error(`There is no class ${unknown.join(', ')}; --list names them.`);

if (values.help) console.log(help);
else if (values.list) for (const { name } of attackClasses) console.log(name);
else if (unknown.length > 0) process.exitCode = 2;
else await run();

async function run(): Promise<void> {
  const chosen = attackClasses.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
  const site = await openSite();
  try {
    const reports: ClassReport[] = [];
    for (const one of chosen) {
      const began = Date.now();
      const report = await runClass(site, one, Number(values.sample));
      reports.push(report);
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      console.error(`${report.name}: ${report.cases} cases in ${seconds} s, ${report.through.length} problems`);
    }
    print(reports);
  } finally {
    await site.stop();
  }
}

function print(reports: readonly ClassReport[]): void {
  const row = (...cells: readonly string[]) =>
    console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(24) : cell.padStart(14))).join(''));
  row('class', 'cases', 'refused', 'denials logged', 'got through');
  for (const { name, cases, refused, denials, logged, through } of reports)
    row(name, String(cases), String(refused), `${logged} of ${denials}`, String(through.length));
  const sum = (of: (report: ClassReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const [logged, denials] = [sum((one) => one.logged), sum((one) => one.denials)];
  const through = reports.flatMap((one) => one.through.map((text) => `${one.name}: ${text}`));
  row(
    'all',
    String(sum((one) => one.cases)),
    String(sum((one) => one.refused)),
    `${logged} of ${denials}`,
    String(through.length),
  );
  for (const text of through.slice(0, 100)) console.log(`  THROUGH ${text}`);
  if (through.length > 100) console.log(`  and ${through.length - 100} more`);
  if (through.length > 0) process.exitCode = 1;
}
