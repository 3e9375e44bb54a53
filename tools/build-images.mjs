// Builds the image of every service, and says which digests they have.
//
//   npm run images -- --help
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const help = `Builds an image for each service from deploy/docker/Dockerfile.

  --base IMAGE         a Debian with Node 24 in /usr/local/bin (default: the Dockerfile's); also one imported here, see deploy/docker/README.md
  --build-base IMAGE   the same with npm besides, used to build and left out of the images (default: the base)
  --service NAME       only this one; may be given several times. Names: IMAGES (the last for pools of code nodes)
  --repository NAME    what images are named below (default treadle)
  --tag TAG            default: the version in package.json
  --network NAME       network of the build, such as host
  --npm-registry URL   where packages come from (default https://registry.npmjs.org/)
  --push               push them, so that they have digests
  --list FILE          write names and digests there as the chart's values take them (image.digests); without it they are printed`;

/** Image, target in the Dockerfile, service, and whether the chart's values know it by this name (a pool names its own image). */
const images = [
  ['gateway', 'service', 'gateway', true],
  ['model-proxy', 'service', 'model-proxy', true],
  ['node-executor', 'service', 'node-executor', true],
  ['orchestrator', 'service', 'orchestrator', true],
  ['retrieval', 'service', 'retrieval', true],
  ['standalone', 'service', 'standalone', false],
  ['tool-registry', 'service', 'tool-registry', true],
  ['node-executor-code', 'code', 'node-executor', false],
];

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    'build-base': { type: 'string' },
    service: { type: 'string', multiple: true },
    repository: { type: 'string', default: 'treadle' },
    tag: { type: 'string', default: JSON.parse(readFileSync('package.json', 'utf8')).version },
    network: { type: 'string' },
    'npm-registry': { type: 'string' },
    push: { type: 'boolean', default: false },
    list: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help.replace('IMAGES', images.map(([name]) => name).join(', ')));
else build();

function build() {
  const wanted = images.filter(([name]) => !values.service || values.service.includes(name));
  const unknown = (values.service ?? []).filter((name) => !images.some(([known]) => known === name));
  if (unknown.length > 0)
    throw new Error(`There is no image ${unknown.join(', ')}. There are: ${images.map(([name]) => name).join(', ')}.`);
  const built = wanted.map(([name, target, service, isListed]) => ({ isListed, ...buildOne(name, target, service) }));
  for (const { image, size, digest } of built)
    console.error(`${image}  ${(size / 1e6).toFixed(0)} MB  ${digest || 'no digest: it was not pushed'}`);
  const listed = built.filter(({ isListed, digest }) => isListed && digest);
  const list = { tag: values.tag, digests: Object.fromEntries(listed.map(({ name, digest }) => [name, digest])) };
  const text = `${JSON.stringify({ image: list }, undefined, 2)}\n`;
  if (values.list) writeFileSync(values.list, text);
  else console.log(text);
}

function buildOne(name, target, service) {
  const image = `${values.repository}/${name}:${values.tag}`;
  const given = {
    SERVICE: service,
    VERSION: values.tag,
    REVISION: revision(),
    BASE: values.base,
    BUILD_BASE: values['build-base'],
    NPM_CONFIG_REGISTRY: values['npm-registry'],
  };
  const settings = Object.entries(given).flatMap(([key, value]) => (value ? ['--build-arg', `${key}=${value}`] : []));
  const network = values.network ? ['--network', values.network] : [];
  console.error(`${image}`);
  docker(['build', '-f', 'deploy/docker/Dockerfile', '--target', target, ...settings, ...network, '-t', image, '.']);
  if (values.push) docker(['push', image]);
  return { name, image, ...lookAt(image) };
}

/** Its bytes, and what a registry knows it by; what was not pushed has only an id of this machine. */
function lookAt(image) {
  const [{ Size: size, RepoDigests: named }] = JSON.parse(
    execFileSync('docker', ['image', 'inspect', image], { encoding: 'utf8' }),
  );
  // Docker leaves out the name of its own registry.
  const repository = image.replace(/:[^:/]*$/, '').replace(/^docker\.io\//, '');
  const own = (named ?? []).find((each) => each.startsWith(`${repository}@`));
  return { size, digest: own?.split('@')[1] ?? '' };
}

function docker(parameters) {
  const { status } = spawnSync('docker', parameters, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`docker ${parameters[0]} ended with ${status}.`);
}

function revision() {
  return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
}
