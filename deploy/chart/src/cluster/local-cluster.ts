import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Container, type KubeObject, ofKind, type Part, type Pod, podsOf } from '../objects.js';
import { LocalPod, runToEnd } from './local-pod.js';
import { type LocalStores, startLocalStores } from './local-stores.js';
import { type NameServer, startNameServer } from './name-server.js';
import { type ServiceProxy, startServiceProxy } from './service-proxy.js';

const namespace = 'llm';
const root = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * The objects of a rendered chart, run as processes of this machine: a pod has an address of its own, names are answered with the pods that are
 * ready, and whatever else a pod is, its command, settings, files, ports and probes, is what the manifests say.
 */
export class LocalCluster {
  readonly pods: LocalPod[] = [];
  private addresses = 1;
  private turn = 0;
  private stores: LocalStores | undefined;
  private names: NameServer | undefined;
  private gateway: ServiceProxy | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'treadle-chart-'));

  constructor(private readonly objects: readonly KubeObject[]) {}

  /** The deployments, in the order in which they were given. */
  get deployments(): readonly string[] {
    return ofKind(this.objects, 'Deployment').map(({ metadata }) => metadata.name);
  }

  /** The gateway's Service. */
  get url(): string {
    return `http://127.0.0.1:${this.gateway?.port}`;
  }

  /** Stores, then the Jobs, then every Deployment. Resolves when every pod is ready. */
  async start(): Promise<void> {
    mkdirSync(join(this.folder, 'files'));
    this.names = await startNameServer((name) => this.addressesOf(name));
    this.gateway = await startServiceProxy(() => this.nextGateway());
    this.stores = await startLocalStores({
      objects: this.objects,
      folder: this.folder,
      natsAddress: this.newAddress(),
      secret: (name, key) => this.secret(name, key),
    });
    for (const pod of podsOf(ofKind(this.objects, 'Job'))) await this.runTask(pod);
    const all = this.deployments.flatMap((name) => Array<string>(this.replicasOf(name)).fill(name));
    await Promise.all(all.map((name) => this.addPod(name)));
  }

  /** Runs the containers of a pod that ends, one after the other. @throws Error when one of them fails. */
  async runTask(pod: Pod): Promise<string> {
    const said: string[] = [];
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers])
      said.push(await runToEnd(this.commandOf(pod, container), this.environmentOf(pod, container, '127.0.0.1')));
    return said.join('\n');
  }

  /** The pod of `helm test`. */
  runTest(): Promise<string> {
    const [test] = podsOf(ofKind(this.objects, 'Pod'));
    if (!test) throw new Error('The chart has no test.');
    return this.runTask(test);
  }

  /** Replaces each pod of a deployment: a new one first, and when it is ready, an old one goes. */
  async restart(deployment: string): Promise<void> {
    for (const old of this.pods.filter(({ name, ready }) => name === deployment && ready)) {
      await this.addPod(deployment);
      await old.stop();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.stop()));
    await this.stores?.stop();
    this.names?.close();
    this.gateway?.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async addPod(deployment: string): Promise<void> {
    const template = podsOf(this.objects).find(({ owner }) => owner === `Deployment ${deployment}`);
    const [container] = template?.spec.containers ?? [];
    if (!template || !container) throw new Error(`The chart has no Deployment ${deployment}.`);
    const address = this.newAddress();
    const pod = new LocalPod({
      name: deployment,
      spec: template.spec,
      address,
      commandLine: this.commandOf(template, container),
      environment: this.environmentOf(template, container, address),
    });
    this.pods.push(pod);
    await pod.start();
  }

  private replicasOf(deployment: string): number {
    const found = this.objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === deployment);
    return Number(found?.spec?.['replicas'] ?? 1);
  }

  /** What the container runs. An image of ours without a command is the built service. */
  private commandOf(pod: Pod, container: Container): string[] {
    if (!container.command) return [process.execPath, `${root}services/${serviceOf(container)}/dist/main.js`];
    const [program = '', ...more] = container.command;
    const local = more.map((argument) => this.inMounts(pod, container, argument));
    return [program === 'node' ? process.execPath : program, ...local];
  }

  private environmentOf(pod: Pod, container: Container, address: string): Record<string, string> {
    const values = (container.env ?? []).map(({ name, value, valueFrom }): [string, string] => {
      const from = valueFrom?.secretKeyRef;
      const text = value ?? (from ? this.secret(from.name, from.key) : '');
      return [name, name === 'DATABASE_URL' ? (this.stores?.databaseUrl ?? '') : this.local(text, address)];
    });
    const own = values.map(([name, text]): [string, string] => [name, this.inMounts(pod, container, text)]);
    // Only so does gRPC ask the name server that its address names.
    return Object.fromEntries([...own, ['GRPC_NODE_USE_ALTERNATIVE_RESOLVER', 'true']]);
  }

  /** What stands for an address of the cluster on this machine. */
  private local(text: string, address: string): string {
    return text
      .replace('0.0.0.0', address)
      .replace('dns:///', `dns://127.0.0.1:${this.names?.port}/`)
      .replace(`http://treadle-gateway.${namespace}.svc:80`, this.url)
      .replace(`http://treadle-qdrant.${namespace}.svc:6333`, this.stores?.qdrantUrl ?? '')
      .replace(`treadle-nats.${namespace}.svc`, this.stores?.natsAddress ?? '')
      .replace('/var/lib/treadle/files', join(this.folder, 'files'));
  }

  /** A path below a mounted ConfigMap becomes that of a file with its content. */
  private inMounts({ spec }: Pod, { volumeMounts = [] }: Container, text: string): string {
    for (const { name, mountPath } of volumeMounts) {
      const source = spec.volumes?.find((volume) => volume.name === name)?.configMap?.name;
      const map = this.objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === source);
      const file = text.startsWith(`${mountPath}/`) ? text.slice(mountPath.length + 1) : undefined;
      if (!map?.data || file === undefined) continue;
      const folder = join(this.folder, name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, file), map.data[file] ?? '');
      return join(folder, file);
    }
    return text;
  }

  private secret(name: string, key: string): string {
    const found = this.objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === name);
    const value = found?.data?.[key];
    if (value === undefined) throw new Error(`The chart makes no Secret ${name} with the key ${key}.`);
    return Buffer.from(value, 'base64').toString();
  }

  private newAddress(): string {
    this.addresses += 1;
    return `127.40.${this.addresses >> 8}.${this.addresses & 255}`;
  }

  private addressesOf(name: string): readonly string[] | undefined {
    const service = this.objects.find(
      ({ kind, metadata }) => kind === 'Service' && name === `${metadata.name}.${namespace}.svc`,
    );
    return service && this.readyPodsOf(service).map(({ address }) => address);
  }

  private readyPodsOf({ spec }: KubeObject): LocalPod[] {
    const selector = Object.entries((spec?.['selector'] ?? {}) as Part);
    const owners = podsOf(this.objects).filter(({ labels }) => selector.every(([key, value]) => labels[key] === value));
    return this.pods.filter(({ name, ready }) => ready && owners.some(({ owner }) => owner === `Deployment ${name}`));
  }

  private nextGateway(): readonly [string, number] | undefined {
    const service = this.objects.find(
      ({ kind, metadata }) => kind === 'Service' && metadata.name === 'treadle-gateway',
    );
    const ready = service ? this.readyPodsOf(service) : [];
    this.turn += 1;
    const pod = ready[this.turn % ready.length];
    return pod && [pod.address, pod.portOf('http')];
  }
}

/** `node-executor` of `registry/treadle/node-executor:0.1.0` */
const serviceOf = ({ image }: Container): string => /([^/:@]+)(:[^/]*|@.*)?$/.exec(image)?.[1] ?? '';
