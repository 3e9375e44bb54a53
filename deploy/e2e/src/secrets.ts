import { parseArgs } from 'node:util';
import { printReport } from './print-report.js';
import { secretsTest } from './secrets/secrets-test.js';

const help = `Gives a whole Treadle secrets wherever it takes one, uses them against servers that repeat them in their errors, and looks for each, as
it is and written in other ways, in the log (at its most talkative), in every answer, export and history, and in every row of every table.

  npm run e2e:secrets -- [options]

  --count N        about so many secrets (default 1000)

Exits with 1 when one was found.`;

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, help: { type: 'boolean', default: false } },
});

if (values.help) console.log(help);
else {
  const { problems, ...counts } = await secretsTest(Number(values.count), (line) => console.error(line));
  printReport({ ...counts, problems });
}
