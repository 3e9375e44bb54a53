// Puts the snapshots of a backup in place of the collections of the same names, and the aliases that lead to them. Collections that the backup
// does not know stay as they are.
import { existsSync, openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { backupsAmong, call, url } from './qdrant.mjs';

const { BACKUP_FOLDER: root, BACKUP_FROM: from } = process.env;
const name = from === 'latest' ? backupsAmong(readdirSync(root)).at(-1) : from;
const folder = `${root}/${name}/qdrant`;

async function restore({ collection, file, sha256 }) {
  const body = new FormData();
  body.set('snapshot', await openAsBlob(`${folder}/${file}`), file);
  const query = `priority=snapshot&wait=true&checksum=${sha256}`;
  await call('POST', `/collections/${encodeURIComponent(collection)}/snapshots/upload?${query}`, body);
}

/** All aliases lead to what was restored at once, or none does. */
async function lead(aliases) {
  const { aliases: present } = await call('GET', '/aliases');
  const actions = aliases.flatMap(({ alias_name, collection_name }) => [
    ...(present.some((alias) => alias.alias_name === alias_name) ? [{ delete_alias: { alias_name } }] : []),
    { create_alias: { alias_name, collection_name } },
  ]);
  const body = new Blob([JSON.stringify({ actions })], { type: 'application/json' });
  if (actions.length > 0) await call('POST', '/collections/aliases', body);
}

if (!url) console.log('Vectors are in the database.');
else if (existsSync(folder)) {
  const { snapshots, aliases } = JSON.parse(readFileSync(`${folder}/contents.json`, 'utf8'));
  for (const snapshot of snapshots) await restore(snapshot);
  await lead(aliases);
  console.log(`${snapshots.length} collections and ${aliases.length} aliases are what they were at ${name}.`);
} else console.log(`${name} has no collections. They are built again from the database: see "Backup and restore" in docs/operations.md.`);
