import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Container, Pod } from '../objects.js';
import { imageName } from './image-name.js';
import { type LocalStores, startLocalStores } from './local-stores.js';
import { type NameServer, startNameServer } from './name-server.js';
import { namespace, PlayedCluster } from './played-cluster.js';
import { PlayedPod, runToEnd } from './played-pod.js';
import { type ServiceProxy, startServiceProxy } from './service-proxy.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * The objects of a rendered chart, run as processes of this machine: a pod has an address of its own, names are answered with the pods that are
 * ready, and whatever else a pod is, its command, settings, files, ports and probes, is what the manifests say.
 */
export class LocalCluster extends PlayedCluster {
  private addresses = 1;
  private stores: LocalStores | undefined;
  private names: NameServer | undefined;
  private gateway: ServiceProxy | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'treadle-chart-'));

  get url(): string {
    return `http://127.0.0.1:${this.gateway?.port}`;
  }

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
    await this.runJobs();
    await this.startAll('Deployment');
  }

  async runTask(pod: Pod): Promise<string> {
    const said: string[] = [];
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers])
      said.push(await runToEnd(this.commandOf(pod, container), this.environmentOf(pod, container, '127.0.0.1')));
    return said.join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.stop()));
    await this.stores?.stop();
    this.names?.close();
    this.gateway?.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  protected podOf(template: Pod, container: Container): Promise<PlayedPod> {
    const address = this.newAddress();
    const commandLine = this.commandOf(template, container);
    const environment = this.environmentOf(template, container, address);
    const { owner, spec } = template;
    return Promise.resolve(new PlayedPod({ owner, spec, address, commandLine, environment }));
  }

  /** What the container runs. An image of ours without a command is the built service. */
  private commandOf(pod: Pod, container: Container): string[] {
    if (!container.command) return [process.execPath, `${root}services/${imageName(container.image)}/dist/main.js`];
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

  private newAddress(): string {
    this.addresses += 1;
    return `127.40.${this.addresses >> 8}.${this.addresses & 255}`;
  }

  private addressesOf(name: string): readonly string[] | undefined {
    const service = this.serviceOf(name);
    return service && this.readyPodsOf(service).map(({ address }) => address);
  }
}
