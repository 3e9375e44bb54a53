import { markdownTable } from './markdown-table.js';
import type { Zip } from './zip.js';

/** A cell as the parser gives it. */
interface Cell {
  /** As the sheet shows it. */
  readonly w?: string;
  readonly v?: unknown;
}

/** Parts of a workbook without text. */
const noText = /(?:^|\/)(?:media|drawings|embeddings|charts|Pictures)\//;

/** A packed workbook: every sheet that has cells, as a table under its name. */
export function readPackedSheets(zip: Zip): Promise<string> {
  return readSheets(zip.unpacked((name) => !noText.test(name)));
}

/** Any workbook that the parser knows. */
export async function readSheets(bytes: Buffer): Promise<string> {
  const { read } = await import('@e965/xlsx');
  const book = read(bytes, { type: 'buffer', dense: true, cellFormula: false, cellHTML: false, bookVBA: false });
  const sheets = book.SheetNames.flatMap((name) => {
    const table = markdownTable(rowsOf(book.Sheets[name]?.['!data']));
    return table === '' ? [] : [`## ${name}\n\n${table}`];
  });
  return sheets.join('\n\n');
}

/** What a sheet says of its size is not believed: only cells that are there count. */
function rowsOf(data: readonly (readonly Cell[] | undefined)[] = []): string[][] {
  const rows: string[][] = [];
  data.forEach((cells) => {
    const row: string[] = [];
    cells?.forEach((cell, column) => {
      row[column] = textOf(cell);
    });
    rows.push(Array.from(row, (text) => text ?? ''));
  });
  return rows;
}

function textOf({ w, v }: Cell): string {
  if (w !== undefined) return w;
  if (v instanceof Date) return v.toISOString();
  return typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? String(v) : '';
}
