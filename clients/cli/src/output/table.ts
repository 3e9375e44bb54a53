/** Rows under their headings, in columns as wide as their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => cell(row, column).length)),
  );
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => cell(row, column).padEnd(width))
      .join('  ')
      .trimEnd();
  return [headings, ...rows].map(line).join('\n');
}

function cell(row: readonly string[], column: number): string {
  return row[column] ?? '';
}
