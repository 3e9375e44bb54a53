// Adds a snapshot of each collection to the newest backup, and removes backups that are older than the ones to keep.
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { backupsAmong, call, open, url } from './qdrant.mjs';

const { BACKUP_FOLDER: root, BACKUP_KEEP: keep } = process.env;

/** Downloads a snapshot made for us. Gives what to know of it when it is put back. */
async function keepSnapshot(collection, folder) {
  const snapshots = `/collections/${encodeURIComponent(collection)}/snapshots`;
  const { name, checksum } = await call('POST', snapshots);
  const snapshot = `${snapshots}/${encodeURIComponent(name)}`;
  const file = `${encodeURIComponent(collection)}.snapshot`;
  try {
    const hash = createHash('sha256');
    const hashing = new Transform({
      transform(chunk, _, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(await open('GET', snapshot), hashing, createWriteStream(`${folder}/${file}`, { flush: true }));
    const sha256 = hash.digest('hex');
    if (checksum && checksum !== sha256) throw new Error(`The snapshot of ${collection} was not received as it was sent.`);
    return { collection, file, sha256 };
  } finally {
    await call('DELETE', snapshot);
  }
}

/** Snapshots do not hold aliases, by which Treadle reaches its collections. */
async function backUp(newest) {
  const part = `${root}/${newest}/.qdrant`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part);
  const { collections } = await call('GET', '/collections');
  const snapshots = [];
  for (const { name } of collections) snapshots.push(await keepSnapshot(name, part));
  const { aliases } = await call('GET', '/aliases');
  const lost = aliases.find(({ collection_name }) => !snapshots.some(({ collection }) => collection === collection_name));
  if (lost) throw new Error(`The collection ${lost.collection_name} was made while the others were read. Try again.`);
  writeFileSync(`${part}/contents.json`, JSON.stringify({ snapshots, aliases }, null, 2), { flush: true });
  renameSync(part, `${root}/${newest}/qdrant`);
  console.log(`${snapshots.length} collections and ${aliases.length} aliases are in ${newest}.`);
}

/** A backup that lacks its collections pushes none out that has them. */
function removeOld() {
  const all = backupsAmong(readdirSync(root));
  const isWhole = (name) => !url || existsSync(`${root}/${name}/qdrant`);
  const kept = [...all.filter(isWhole).slice(-Number(keep)), ...all.filter((name) => !isWhole(name)).slice(-Number(keep))];
  const newestWhole = all.findLast(isWhole) ?? '';
  for (const name of all) {
    if (kept.includes(name) && (isWhole(name) || name > newestWhole)) continue;
    rmSync(`${root}/${name}`, { recursive: true });
    console.log(`${name} is removed.`);
  }
}

const newest = backupsAmong(readdirSync(root)).at(-1);
if (newest === undefined) throw new Error(`There is no backup in ${root} to add to.`);
try {
  if (url) await backUp(newest);
} finally {
  removeOld();
}
