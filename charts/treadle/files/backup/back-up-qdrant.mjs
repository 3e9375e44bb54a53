// Adds a snapshot of each collection to the newest backup, and removes those that are older than the ones to keep.
import { createWriteStream, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const { BACKUP_FOLDER: root, BACKUP_KEEP: keep, QDRANT_URL: url, QDRANT_API_KEY: key } = process.env;
const newest = readFileSync(`${root}/.latest`, 'utf8').trim();

async function call(path, method = 'GET') {
  const answer = await fetch(url + path, { method, headers: key ? { 'api-key': key } : {} });
  if (!answer.ok) throw new Error(`Qdrant answered ${method} ${path} with ${answer.status}: ${await answer.text()}`);
  return answer;
}

async function keepSnapshot(collection) {
  const path = `/collections/${encodeURIComponent(collection)}/snapshots`;
  const { result } = await (await call(path, 'POST')).json();
  const { body } = await call(`${path}/${result.name}`);
  await pipeline(Readable.fromWeb(body), createWriteStream(`${root}/${newest}/qdrant/${collection}.snapshot`));
  await call(`${path}/${result.name}`, 'DELETE');
}

if (url) {
  mkdirSync(`${root}/${newest}/qdrant`, { recursive: true });
  const { result } = await (await call('/collections')).json();
  for (const { name } of result.collections) await keepSnapshot(name);
  console.log(`${result.collections.length} collections are in ${newest}.`);
}
const backups = readdirSync(root).filter((name) => /^\d{4}-/.test(name));
for (const name of backups.sort().slice(0, -Number(keep))) {
  rmSync(`${root}/${name}`, { recursive: true });
  console.log(`${name} is removed.`);
}
