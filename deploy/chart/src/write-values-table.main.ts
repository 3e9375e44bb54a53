import { writeFileSync } from 'node:fs';
import { chart } from './helm.js';
import { readmeBeforeTable, valuesTable } from './values-table.js';

writeFileSync(`${chart}/README.md`, `${readmeBeforeTable()}${valuesTable()}`);
