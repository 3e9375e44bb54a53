import { writeFileSync } from 'node:fs';
import type { loadPyodide } from 'pyodide';

/**
 * Starts Python once, the slow way, and writes down its memory for the guests to start from. No code of users ever runs here. Its one
 * argument says where everything is. Imports nothing of ours but types, so that it also runs from source.
 */
const options = JSON.parse(process.argv[2] ?? '') as { pyodide: string; snapshot: string; modules: string };

const pyodide = (await import(options.pyodide)) as { loadPyodide: typeof loadPyodide };
const python = await pyodide.loadPyodide({ _makeSnapshot: true, env: {} });
python.runPython(`import ${options.modules}`);
writeFileSync(options.snapshot, python.makeMemorySnapshot());
process.exit();
