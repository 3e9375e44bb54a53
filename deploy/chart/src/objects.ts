import { parseAllDocuments } from 'yaml';

/** A part of an object whose shape Kubernetes defines. */
export type Part = Readonly<Record<string, unknown>>;

export interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec?: Part;
  readonly data?: Readonly<Record<string, string>>;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number; readonly scheme?: string };
  readonly exec?: { readonly command: readonly string[] };
  readonly tcpSocket?: { readonly port: string | number };
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly resources?: Part;
  readonly securityContext?: Part;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: Part;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: Part;
  readonly terminationGracePeriodSeconds?: number;
  readonly runtimeClassName?: string;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly topologySpreadConstraints?: readonly Part[];
}

/** A pod, or what pods are made of. */
export interface Pod {
  /** What makes it, such as `Deployment treadle-gateway`. */
  readonly owner: string;
  readonly component: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** @throws what is wrong with the YAML, such as a key that is there twice. */
export function readObjects(text: string): KubeObject[] {
  const documents = parseAllDocuments(text).flatMap((document) => [document]);
  for (const { errors } of documents) if (errors[0]) throw errors[0];
  return documents.map((document) => document.toJS() as KubeObject | null).filter((object) => object !== null);
}

/** `Deployment treadle-gateway` */
export const titleOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;

export const ofKind = (objects: readonly KubeObject[], kind: string): KubeObject[] =>
  objects.filter((object) => object.kind === kind);

/** Every pod that comes of the objects, also those of Jobs, CronJobs and tests. */
export const podsOf = (objects: readonly KubeObject[]): Pod[] => objects.flatMap((object) => podOf(object) ?? []);

function podOf(object: KubeObject): Pod | undefined {
  const template = templateOf(object);
  if (!template) return undefined;
  const { labels = {} } = template.metadata;
  const component = labels['app.kubernetes.io/component'] ?? '';
  return { owner: titleOf(object), component, labels, spec: template.spec };
}

interface Template {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

function templateOf({ kind, metadata, spec }: KubeObject): Template | undefined {
  if (kind === 'Pod') return { metadata, spec: spec as unknown as PodSpec };
  if (kind === 'CronJob') return (spec as { jobTemplate: { spec: { template: Template } } }).jobTemplate.spec.template;
  return ['Deployment', 'StatefulSet', 'Job'].includes(kind) ? (spec as { template: Template }).template : undefined;
}

export const containersOf = ({ spec }: Pod): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** Its settings by name; those from elsewhere as `secret/key`. */
export function environmentOf({ env = [] }: Container): Record<string, string> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [
      name,
      value ?? (valueFrom?.secretKeyRef ? `${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}` : 'field'),
    ]),
  );
}
