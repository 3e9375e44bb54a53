import { readFile } from 'node:fs/promises';

const pageBytes = 4096;

/** The memory a process holds; 0 where the system does not say so, and where there is no such process. */
export async function residentBytes(pid: number): Promise<number> {
  const pages = await readFile(`/proc/${pid}/statm`, 'utf8').then(
    (text) => Number(text.split(' ')[1]),
    () => 0,
  );
  return pages * pageBytes;
}
