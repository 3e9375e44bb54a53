import { parseArgs } from 'node:util';
import { backupTest } from './backup/backup-test.js';
import { printReport } from './print-report.js';

const help = `Fills a Treadle, backs it up by the pods of the chart's CronJob, loses PostgreSQL, Qdrant and NATS, restores them by the pod of the chart's
Job, and compares: runs, their histories, keys, documents and searches have to be the same, and runs that were under way have to go on. Then it
tries a restore over what is there, full disks, missing stores, half a dump, and the removal of old backups.

  npm run e2e:backup -- [options]

  --mode standalone|processes   one process, or every service as its own (default processes)
  --runs N                      runs that are under way in the backup (default 20)

Needs Helm, and a PostgreSQL with its server and pg_dump: Debian's postgresql, or the folder of its programs in TREADLE_PG_BIN. Exits with 1 when
something is not as it was.`;

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'processes' },
    runs: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else {
  const mode = values.mode === 'standalone' ? 'standalone' : 'processes';
  const log = (line: string) => console.error(line);
  printReport(await backupTest({ mode, underWay: Number(values.runs), log }));
}
