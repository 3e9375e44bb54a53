import { type Container, type KubeObject, ofKind, type Part, type Pod, podsOf } from '../objects.js';
import type { PlayedPod } from './played-pod.js';

/** Where the chart is installed, as far as names tell. */
export const namespace = 'llm';

/** The objects of a rendered chart, run without Kubernetes. What runs a container is said by the classes that extend this. */
export abstract class PlayedCluster {
  readonly pods: PlayedPod[] = [];
  private turn = 0;
  private readonly ordinals = new Map<string, number>();

  constructor(protected readonly objects: readonly KubeObject[]) {}

  /** The gateway's Service, as clients on this machine reach it. */
  abstract get url(): string;

  /** Stores, then the Jobs, then every Deployment. Resolves when every pod is ready. */
  abstract start(): Promise<void>;

  /** Runs the containers of a pod that ends, one after the other. @throws Error when one of them fails. */
  abstract runTask(pod: Pod): Promise<string>;

  abstract stop(): Promise<void>;

  /** A pod that is about to start. @param ordinal how many there were of its owner */
  protected abstract podOf(template: Pod, container: Container, ordinal: number): Promise<PlayedPod>;

  /** The deployments, in the order in which they were given. */
  get deployments(): readonly string[] {
    return ofKind(this.objects, 'Deployment').map(({ metadata }) => metadata.name);
  }

  /** The pod of `helm test`. */
  runTest(): Promise<string> {
    const [test] = podsOf(ofKind(this.objects, 'Pod'));
    if (!test) throw new Error('The chart has no test.');
    return this.runTask(test);
  }

  /** Replaces each pod of a deployment: a new one first, and when it is ready, an old one goes. */
  async restart(deployment: string): Promise<void> {
    const owner = `Deployment ${deployment}`;
    for (const old of this.pods.filter((pod) => pod.owner === owner && pod.ready)) {
      await this.addPod(owner);
      await old.stop();
    }
  }

  protected async runJobs(): Promise<void> {
    for (const pod of podsOf(ofKind(this.objects, 'Job'))) await this.runTask(pod);
  }

  /** As many pods as the objects of this kind ask for, at once. */
  protected async startAll(kind: 'Deployment' | 'StatefulSet'): Promise<void> {
    const owners = ofKind(this.objects, kind).flatMap(({ metadata, spec }) =>
      Array<string>(Number(spec?.['replicas'] ?? 1)).fill(`${kind} ${metadata.name}`),
    );
    await Promise.all(owners.map((owner) => this.addPod(owner)));
  }

  private async addPod(owner: string): Promise<void> {
    const template = podsOf(this.objects).find((each) => each.owner === owner);
    const [container] = template?.spec.containers ?? [];
    if (!template || !container) throw new Error(`The chart has no ${owner}.`);
    const ordinal = this.ordinals.get(owner) ?? 0;
    this.ordinals.set(owner, ordinal + 1);
    const pod = await this.podOf(template, container, ordinal);
    this.pods.push(pod);
    await pod.start();
  }

  protected secret(name: string, key: string): string {
    const found = this.objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === name);
    const value = found?.data?.[key];
    if (value === undefined) throw new Error(`The chart makes no Secret ${name} with the key ${key}.`);
    return Buffer.from(value, 'base64').toString();
  }

  /** The Service of a name such as `treadle-gateway.llm.svc`. */
  protected serviceOf(name: string): KubeObject | undefined {
    return ofKind(this.objects, 'Service').find(({ metadata }) => name === `${metadata.name}.${namespace}.svc`);
  }

  protected readyPodsOf({ spec }: KubeObject): PlayedPod[] {
    const selector = Object.entries((spec?.['selector'] ?? {}) as Part);
    const owners = podsOf(this.objects).filter(({ labels }) => selector.every(([key, value]) => labels[key] === value));
    return this.pods.filter((pod) => pod.ready && owners.some(({ owner }) => owner === pod.owner));
  }

  /** Where the gateway's Service sends its next connection: `[address, port]`. */
  protected nextGateway(): readonly [string, number] | undefined {
    const service = this.serviceOf(`treadle-gateway.${namespace}.svc`);
    const ready = service ? this.readyPodsOf(service) : [];
    this.turn += 1;
    const pod = ready[this.turn % ready.length];
    return pod && [pod.address, pod.portOf('http')];
  }
}
