// Copies one service with what it runs on, and nothing else, as an image takes it.
//
//   node tools/prune-image.mjs gateway /out
//
// Follows `dependencies`, `optionalDependencies` and required peers from the service on, as Node finds them. Of our own packages comes what was
// built, of others everything but types, maps and documentation. Times are all the same, so that the same files give the same layer.
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const epoch = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? 1_700_000_000) * 1000);
/** The image has a Node of its own, and types were checked before. */
const left = /^(?:node-linux-.*|typescript)$/;
const uselessFile = /\.(?:d\.[cm]?ts|[cm]?ts|map|md|markdown|tsbuildinfo|flow)$/i;
const uselessFolder = /^(?:\.github|docs?|tests?|__tests__|examples?|benchmarks?)$/i;

/** Folders of all packages that a package needs, its own included, by their path from the root. */
export function neededFolders(start, from = root) {
  const found = new Set();
  const waiting = [resolve(from, start)];
  for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
    if (found.has(folder)) continue;
    found.add(folder);
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = manifest(folder);
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const name of new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers])) {
      const needed = left.test(name) ? undefined : find(name, folder, from);
      if (needed) waiting.push(needed);
      else if (name in dependencies && !(name in optionalDependencies))
        throw new Error(`${folder} needs ${name}, which is not installed.`);
    }
  }
  return [...found].map((folder) => relative(from, folder)).sort();
}

function find(name, folder, from) {
  for (let at = folder; at.startsWith(from); at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
  }
  return undefined;
}

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Writes the service below `out`: `node_modules`, our own packages, and `main.mjs`, which starts it. */
export function prune(service, out) {
  for (const path of neededFolders(join('services', service))) {
    const isOurs = !path.split('/').includes('node_modules');
    cpSync(join(root, path), join(out, path), {
      recursive: true,
      // Or links would point to where they were copied from.
      verbatimSymlinks: true,
      filter: (source) => isWanted(source, join(root, path), isOurs),
    });
    if (isOurs) link(manifest(join(root, path)).name, join(out, path), out);
  }
  writeFileSync(join(out, 'main.mjs'), `import './services/${service}/dist/main.js';\n`);
  cpSync(join(root, 'deploy/docker/health.mjs'), join(out, 'health.mjs'));
  cpSync(join(root, 'LICENSE'), join(out, 'LICENSE'));
  settle(out);
}

function isWanted(source, folder, isOurs) {
  const path = relative(folder, source);
  if (path === '') return true;
  const [top] = path.split('/');
  const isFolder = lstatSync(source).isDirectory();
  if (isOurs) return (path === 'package.json' || top === 'dist') && (isFolder || !uselessFile.test(basename(path)));
  // Nested packages are followed by themselves. Code may live in a folder named like documentation, so only top ones are left out.
  if (top === 'node_modules') return false;
  return isFolder ? !(path === top && uselessFolder.test(top)) : !uselessFile.test(basename(path));
}

function link(name, folder, out) {
  const at = join(out, 'node_modules', name);
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(relative(dirname(at), folder), at);
}

function settle(path) {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return;
  if (stats.isDirectory()) for (const name of readdirSync(path)) settle(join(path, name));
  utimesSync(path, epoch, epoch);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [service, out] = process.argv.slice(2);
  if (!service || !out) throw new Error('node tools/prune-image.mjs <service> <folder>');
  prune(service, resolve(out));
}
