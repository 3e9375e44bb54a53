// Calls of Qdrant, which may take as long as a large collection needs: fetch would give up after five minutes.
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { json, text } from 'node:stream/consumers';

const { QDRANT_URL, QDRANT_API_KEY } = process.env;

/** Where Qdrant is; none where vectors are kept in the database. */
export const url = QDRANT_URL;

/** The answer as a stream. `body` is what a Response may be made of. Throws with what Qdrant said when it refuses. */
export async function open(method, path, body) {
  const sent = new Response(body);
  const type = sent.headers.get('content-type');
  const headers = { ...(QDRANT_API_KEY && { 'api-key': QDRANT_API_KEY }), ...(type && { 'content-type': type }) };
  const request = (url.startsWith('https:') ? https : http).request(url.replace(/\/+$/, '') + path, { method, headers });
  const { promise, resolve, reject } = Promise.withResolvers();
  request.once('response', resolve).once('error', reject);
  if (sent.body) pipeline(Readable.fromWeb(sent.body), request).catch(reject);
  else request.end();
  const answer = await promise;
  if (answer.statusCode < 300) return answer;
  throw new Error(`Qdrant answered ${method} ${path} with ${answer.statusCode}: ${await text(answer)}`);
}

/** What Qdrant says in `result`. */
export async function call(method, path, body) {
  const { result } = await json(await open(method, path, body));
  return result;
}

/** The folders of backups, oldest first. */
export const backupsAmong = (names) => names.filter((name) => /^\d{4}-/.test(name)).sort();
