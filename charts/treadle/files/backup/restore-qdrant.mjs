// Puts the snapshots of a backup in place of the collections of the same names. What it has none of is built again from the database.
import { existsSync, openAsBlob, readdirSync, readFileSync } from 'node:fs';

const { BACKUP_FOLDER: root, BACKUP_FROM: from, QDRANT_URL: url, QDRANT_API_KEY: key } = process.env;
const name = from === 'latest' ? readFileSync(`${root}/.latest`, 'utf8').trim() : from;
const folder = `${root}/${name}/qdrant`;
const headers = key ? { 'api-key': key } : {};

async function restore(file) {
  const collection = encodeURIComponent(file.slice(0, -'.snapshot'.length));
  const body = new FormData();
  body.set('snapshot', await openAsBlob(`${folder}/${file}`), file);
  const path = `/collections/${collection}/snapshots/upload?priority=snapshot&wait=true`;
  const answer = await fetch(url + path, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`Qdrant refused ${file} with ${answer.status}: ${await answer.text()}`);
}

const files = url && existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.snapshot')) : [];
for (const file of files) await restore(file);
console.log(`${files.length} collections are what they were at ${name}.`);
