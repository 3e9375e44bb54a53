import { parsed } from './attack.js';

/** Lines that the Node.js runtime writes about itself. */
const ofRuntime = /^\((?:node:\d+\)|Use `node)/;

/** What in a log should not be there: lines that are none of the logger's, and bugs. */
export function logTrouble(log: string): string[] {
  const found = log.split('\n').flatMap((line): string[] => {
    if (line === '' || ofRuntime.test(line)) return [];
    const { level, service, msg } = (parsed(line) ?? {}) as { level?: unknown; service?: unknown; msg?: unknown };
    if (typeof level !== 'string' || typeof service !== 'string')
      return [`a line of the log is no line: ${line.slice(0, 200)}`];
    const bad = level === 'error' || level === 'fatal' || /unhandled|uncaught/i.test(String(msg));
    return bad ? [`the log tells of a bug: ${line.slice(0, 600)}`] : [];
  });
  return found.slice(0, 10);
}
