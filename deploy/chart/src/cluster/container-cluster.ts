import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Container, type KubeObject, type Pod, podsOf, type Volume } from '../objects.js';
import { docker, dockerQuietly } from './docker.js';
import { dockerRun } from './docker-run.js';
import { type NameServer, startNameServer } from './name-server.js';
import { namespace, PlayedCluster } from './played-cluster.js';
import { PlayedPod, runToEnd } from './played-pod.js';
import { type ServiceProxy, startServiceProxy } from './service-proxy.js';

const network = 'treadle-chart';
const bridge = 'treadle-chart';
const label = 'dev.treadle.e2e=chart';
/** Where names end in a cluster. Nothing else is answered, as there. */
const clusterDomain = '.cluster.local';

/**
 * The objects of a rendered chart, run as containers on a network that leads nowhere else. This process plays what a node has: kubelet, name
 * server, and the address of the gateway's Service. It therefore needs Linux, and root.
 */
export class ContainerCluster extends PlayedCluster {
  private containers = 0;
  private names: NameServer | undefined;
  private gateway: ServiceProxy | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'treadle-chart-'));
  private readonly resolver = join(this.folder, 'resolv.conf');

  /** @param subnet such as `10.213.0`, of which the machine is number 1 */
  constructor(
    objects: readonly KubeObject[],
    private readonly subnet: string,
  ) {
    super(objects);
  }

  get url(): string {
    return `http://${this.machine}:80`;
  }

  private get machine(): string {
    return `${this.subnet}.1`;
  }

  async start(): Promise<void> {
    this.sweep();
    this.makeNetwork();
    const search = [`${namespace}.svc`, 'svc', ''].map((name) => `${name}${clusterDomain}`.replace(/^\./, ''));
    writeFileSync(this.resolver, `nameserver ${this.machine}\nsearch ${search.join(' ')}\noptions ndots:5\n`);
    chmodSync(this.folder, 0o755);
    this.names = await startNameServer((name) => this.addressesOf(name), { host: this.machine, port: 53 });
    this.gateway = await startServiceProxy(() => this.nextGateway(), { host: this.machine, port: 80 });
    await this.startAll('StatefulSet');
    await this.runJobs();
    await this.startAll('Deployment');
  }

  async runTask(pod: Pod): Promise<string> {
    const said: string[] = [];
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers])
      said.push(await runToEnd(this.dockerRun(pod, container, `${ownerName(pod.owner)}-${container.name}`)));
    return said.join('\n');
  }

  /** What a script says that runs in a container of this image, on the network and with the rights of this pod. */
  ask(owner: string, script: string): Promise<string> {
    const pod = podsOf(this.objects).find((each) => each.owner === owner);
    const [container] = pod?.spec.containers ?? [];
    if (!pod || !container) throw new Error(`The chart has no ${owner}.`);
    const asked = { ...container, command: ['node', '--input-type=module', '-e', script] };
    return runToEnd(this.dockerRun(pod, asked, 'asked'));
  }

  /** What the health command of the image ends with in a running pod. */
  async health(owner: string): Promise<number> {
    return (await this.pods.find((pod) => pod.owner === owner)?.run(['node', '/app/health.mjs'])) ?? 1;
  }

  async stop(): Promise<void> {
    const stores = this.pods.filter(({ owner }) => owner.startsWith('StatefulSet'));
    await Promise.all(this.pods.filter((pod) => !stores.includes(pod)).map((pod) => pod.stop()));
    await Promise.all(stores.map((pod) => pod.stop()));
    this.names?.close();
    this.gateway?.close();
    this.sweep();
    await rm(this.folder, { recursive: true, force: true });
  }

  protected podOf(template: Pod, container: Container, ordinal: number): Promise<PlayedPod> {
    const name = `${ownerName(template.owner)}-${ordinal}`;
    this.containers += 1;
    const address = `${this.subnet}.${this.containers + 1}`;
    const pod = new PlayedPod({
      owner: template.owner,
      spec: template.spec,
      address,
      commandLine: this.dockerRun(template, container, name, address),
      beside: (command) => ['docker', 'exec', name, ...command],
      kill: () => dockerQuietly('kill', name),
    });
    return Promise.resolve(pod);
  }

  private dockerRun(pod: Pod, container: Container, name: string, address?: string): string[] {
    return dockerRun(pod.spec, container, {
      name,
      label,
      network,
      ...(address !== undefined && { address }),
      resolver: this.resolver,
      environment: this.environmentOf(container, name),
      folders: new Map((container.volumeMounts ?? []).map((mount) => [mount.name, this.folderOf(pod, mount.name)])),
    });
  }

  private environmentOf({ env = [] }: Container, podName: string): Record<string, string> {
    return Object.fromEntries(
      env.map(({ name, value, valueFrom }) => {
        const { secretKeyRef, fieldRef } = valueFrom ?? {};
        const known = fieldRef?.fieldPath === 'metadata.name' ? podName : '';
        return [name, value ?? (secretKeyRef ? this.secret(secretKeyRef.name, secretKeyRef.key) : known)];
      }),
    );
  }

  /** A folder with what a volume holds: files of a ConfigMap or a Secret, or whatever its pods wrote there. */
  private folderOf(pod: Pod, name: string): string {
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    const claim = volume?.persistentVolumeClaim?.claimName ?? `${ownerName(pod.owner)}-${name}`;
    const folder = join(this.folder, volume ? `${kindOf(volume)}-${claim}-${name}` : claim);
    mkdirSync(folder, { recursive: true });
    for (const [file, content] of Object.entries(this.contentOf(volume))) writeFileSync(join(folder, file), content);
    const { fsGroup = 0 } = (pod.spec.securityContext ?? {}) as { readonly fsGroup?: number };
    chownSync(folder, 0, fsGroup);
    chmodSync(folder, 0o2775);
    return folder;
  }

  private contentOf(volume: Volume | undefined): Record<string, string> {
    const { configMap, secret } = volume ?? {};
    const [kind, source] = configMap ? ['ConfigMap', configMap.name] : ['Secret', secret?.secretName];
    const data = this.objects.find((each) => each.kind === kind && each.metadata.name === source)?.data ?? {};
    const encoding = kind === 'Secret' ? 'base64' : 'utf8';
    return Object.fromEntries(
      Object.entries(data).map(([file, text]) => [file, Buffer.from(text, encoding).toString()]),
    );
  }

  /** A Service with an address of its own is this machine; the others are their ready pods. */
  private addressesOf(name: string): readonly string[] | undefined {
    if (!name.endsWith(clusterDomain)) return undefined;
    const service = this.serviceOf(name.slice(0, -clusterDomain.length));
    if (!service) return undefined;
    if (service.spec?.['clusterIP'] !== 'None') return [this.machine];
    return this.readyPodsOf(service).map(({ address }) => address);
  }

  /**
   * A bridge without a way out. Docker's own `internal` leaves that to its packet filter, which may be off; so the way out is an address that nobody
   * has, and this machine has another, for the neighbours alone.
   */
  private makeNetwork(): void {
    const options = { inhibit_ipv4: 'true', name: bridge };
    const given = Object.entries(options).flatMap(([name, value]) => [
      '-o',
      `com.docker.network.bridge.${name}=${value}`,
    ]);
    const { subnet } = this;
    // What asks for no address gets one that no pod will be given.
    const addresses = ['--subnet', `${subnet}.0/24`, '--ip-range', `${subnet}.192/26`, '--gateway', `${subnet}.254`];
    docker('network', 'create', '--internal', ...addresses, ...given, network);
    execFileSync('ip', ['address', 'add', `${this.machine}/24`, 'dev', bridge]);
  }

  /** What an earlier run may have left. */
  private sweep(): void {
    const left = docker('ps', '--all', '--quiet', '--filter', `label=${label}`).split('\n').filter(Boolean);
    if (left.length > 0) dockerQuietly('rm', '--force', ...left);
    dockerQuietly('network', 'rm', network);
  }
}

/** `treadle-gateway` of `Deployment treadle-gateway` */
const ownerName = (owner: string) => owner.split(' ')[1] ?? owner;

const kindOf = ({ configMap, secret }: Volume) => (configMap ? 'config' : secret ? 'secret' : 'claim');
