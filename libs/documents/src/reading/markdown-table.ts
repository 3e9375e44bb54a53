/** A table with the first row as its head. Rows may have different lengths. Empty rows and the empty columns at the end are left out. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const filled = rows.filter((row) => row.some((cell) => cell.trim() !== ''));
  const columns = filled.reduce((most, row) => Math.max(most, row.findLastIndex((cell) => cell.trim() !== '') + 1), 0);
  const [head, ...body] = filled.map((row) => tableRow(row, columns));
  if (head === undefined) return '';
  return [
    head,
    tableRow(
      Array.from({ length: columns }, () => '---'),
      columns,
    ),
    ...body,
  ].join('\n');
}

function tableRow(row: readonly string[], columns: number): string {
  const cells = Array.from({ length: columns }, (_, at) =>
    (row[at] ?? '')
      .replaceAll('\\', '\\\\')
      .replaceAll('|', '\\|')
      .replace(/\s*[\r\n]+\s*/g, '<br>')
      .trim(),
  );
  return `| ${cells.join(' | ')} |`;
}
