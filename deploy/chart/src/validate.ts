import type { KubeObject } from './objects.js';

type Model = new (data: KubeObject) => { validate(): void };

/** Where the models of an API are that is not Kubernetes's own. */
const packages: Readonly<Record<string, string>> = {
  'keda.sh': '@kubernetes-models/keda',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

/** What is wrong with an object by the schema of its kind; fields that the schema does not know are wrong too. */
export async function problemsOf(object: KubeObject): Promise<string[]> {
  const group = object.apiVersion.split('/')[0] ?? '';
  const path = `${packages[group] ?? 'kubernetes-models'}/${object.apiVersion}`;
  const models = (await import(path)) as Record<string, Model | undefined>;
  const Kind = models[object.kind];
  if (!Kind) return [`${object.apiVersion} has no ${object.kind}`];
  const read = new Set<string>();
  try {
    new Kind(watched(object, '', read)).validate();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return pathsOf(object, '')
    .filter((field) => !read.has(field))
    .map((field) => `unknown field ${field}`);
}

/** The same, noting each field that is looked at: a validator looks at every field that it knows. */
function watched<T>(value: T, path: string, read: Set<string>): T {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get: (target, key, receiver) => {
      const found: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol') return found;
      read.add(`${path}.${key}`);
      return watched(found, `${path}.${key}`, read);
    },
  });
}

function pathsOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}.${key}`, ...pathsOf(inner, `${path}.${key}`)]);
}
