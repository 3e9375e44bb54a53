import type { Container, PodSpec } from '../objects.js';

/** What belongs to the machine and not to the manifests. */
export interface DockerPlace {
  /** The container's name. */
  readonly name: string;
  /** Names everything that one run of the cluster leaves behind, as `key=value`. */
  readonly label: string;
  readonly network: string;
  /** Its address in the network; docker's choice by default. */
  readonly address?: string;
  /** A file that stands for `/etc/resolv.conf`. */
  readonly resolver: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Folders of this machine by the name of the volume: those of claims, ConfigMaps and Secrets. */
  readonly folders: ReadonlyMap<string, string>;
}

/**
 * `docker run` and its arguments for a container of a pod: command, settings, user, rights, room and volumes are what the manifest says.
 *
 * @throws Error for a security context that Docker has nothing for, rather than run with more rights than the manifest gives
 */
export function dockerRun(spec: PodSpec, container: Container, place: DockerPlace): string[] {
  const [entrypoint, ...more] = container.command ?? [];
  return [
    ...['docker', 'run', '--rm', '--pull', 'never', '--name', place.name, '--label', place.label],
    ...['--network', place.network, ...(place.address === undefined ? [] : ['--ip', place.address])],
    ...['--mount', `type=bind,source=${place.resolver},target=/etc/resolv.conf,readonly`],
    ...rights(spec, container),
    ...room(container),
    ...(container.volumeMounts ?? []).flatMap((mount) => volume(spec, mount, place.folders)),
    ...Object.entries(place.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    container.image,
    ...more,
    ...(container.args ?? []),
  ];
}

interface PodRights {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly seccompProfile?: { readonly type: string };
}

interface ContainerRights {
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

function rights(spec: PodSpec, container: Container): string[] {
  const { runAsUser, runAsGroup, fsGroup, seccompProfile } = (spec.securityContext ?? {}) as PodRights;
  const {
    allowPrivilegeEscalation,
    readOnlyRootFilesystem,
    capabilities = {},
  } = (container.securityContext ?? {}) as ContainerRights;
  // Docker's own profile is what RuntimeDefault means.
  if (seccompProfile?.type !== 'RuntimeDefault') throw new Error(`${container.name} has no seccomp profile.`);
  return [
    ...(runAsUser === undefined ? [] : ['--user', `${runAsUser}:${runAsGroup ?? 0}`]),
    ...(fsGroup === undefined ? [] : ['--group-add', String(fsGroup)]),
    ...(readOnlyRootFilesystem ? ['--read-only'] : []),
    ...(allowPrivilegeEscalation === false ? ['--security-opt', 'no-new-privileges'] : []),
    ...(capabilities.drop ?? []).flatMap((name) => ['--cap-drop', name]),
    ...(capabilities.add ?? []).flatMap((name) => ['--cap-add', name]),
  ];
}

function room({ resources }: Container): string[] {
  const { memory, cpu } = (resources?.['limits'] ?? {}) as { readonly memory?: string; readonly cpu?: string | number };
  return [
    ...(memory === undefined ? [] : ['--memory', bytes(memory), '--memory-swap', bytes(memory)]),
    ...(cpu === undefined ? [] : ['--cpus', processors(String(cpu))]),
  ];
}

/** `768Mi` as Docker writes it, `768m`. */
const bytes = (quantity: string) => quantity.replace(/i$/, '').toLowerCase();

/** `250m` are a quarter of a processor. */
const processors = (quantity: string) =>
  quantity.endsWith('m') ? String(Number(quantity.slice(0, -1)) / 1000) : quantity;

type Mount = NonNullable<Container['volumeMounts']>[number];

function volume(spec: PodSpec, { name, mountPath, readOnly }: Mount, folders: DockerPlace['folders']): string[] {
  const found = spec.volumes?.find((each) => each.name === name);
  if (found?.emptyDir) {
    const { sizeLimit } = found.emptyDir as { readonly sizeLimit?: string };
    // As an emptyDir is: anybody's, and programs in it may be run.
    const size = sizeLimit === undefined ? '' : `,size=${bytes(sizeLimit)}`;
    return ['--tmpfs', `${mountPath}:rw,exec,mode=1777${size}`];
  }
  const folder = folders.get(name);
  if (folder === undefined) throw new Error(`There is no folder for the volume ${name}.`);
  return ['--mount', `type=bind,source=${folder},target=${mountPath}${readOnly ? ',readonly' : ''}`];
}
