import { markdownTable } from './markdown-table.js';

const delimiters = [',', ';', '\t', '|'] as const;

/** Separated values as a table. */
export async function readCsv(text: string): Promise<string> {
  const { parse } = await import('csv-parse/sync');
  const rows = parse(text, {
    bom: true,
    delimiter: delimiterOf(text),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  return markdownTable(rows);
}

/** What the first line has most of. */
function delimiterOf(text: string): string {
  const [line = ''] = text.split(/[\r\n]/, 1);
  const count = (delimiter: string) => line.split(delimiter).length;
  return delimiters.reduce((best, one) => (count(one) > count(best) ? one : best));
}
