import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from './objects.js';

/** A cluster that answers Helm's questions for what is there, and knows of nothing else. */
export interface FakeCluster {
  /** More arguments for Helm, which make it ask here. */
  readonly more: readonly string[];
  close(): void;
}

/** What can be there, by version of the API: the plural, the kind. All but namespaces are inside one. */
const resources: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  v1: [
    ['namespaces', 'Namespace'],
    ['secrets', 'Secret'],
    ['services', 'Service'],
    ['configmaps', 'ConfigMap'],
    ['persistentvolumeclaims', 'PersistentVolumeClaim'],
    ['pods', 'Pod'],
  ],
  'apps/v1': [
    ['statefulsets', 'StatefulSet'],
    ['deployments', 'Deployment'],
  ],
  'networking.k8s.io/v1': [['networkpolicies', 'NetworkPolicy']],
  'policy/v1': [['poddisruptionbudgets', 'PodDisruptionBudget']],
};

/** @param objects what is in the namespace `llm` */
export async function startFakeCluster(objects: readonly KubeObject[]): Promise<FakeCluster> {
  const server = createServer((request, response) => {
    const answer = answerTo(new URL(request.url ?? '/', 'http://cluster').pathname, objects);
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(answer ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'treadle-kube-'));
  const config = join(folder, 'config');
  writeFileSync(config, kubeConfig((server.address() as AddressInfo).port));
  const close = () => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  };
  return { more: ['--dry-run=server', '--disable-openapi-validation', '--kubeconfig', config], close };
}

function answerTo(path: string, objects: readonly KubeObject[]): object | undefined {
  if (path === '/version') return { major: '1', minor: '34', gitVersion: 'v1.34.0' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  const listed = /^\/apis?\/(.+)$/.exec(path)?.[1];
  if (listed && resources[listed]) return resourceList(listed);
  if (path === '/api/v1/namespaces/llm') return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'llm' } };
  const [, plural, name] = /\/namespaces\/llm\/([a-z]+)\/([^/]+)$/.exec(path) ?? [];
  const kind = Object.values(resources)
    .flat()
    .find(([each]) => each === plural)?.[1];
  return objects.find((object) => object.kind === kind && object.metadata.name === name);
}

const groups = Object.keys(resources)
  .filter((groupVersion) => groupVersion !== 'v1')
  .map((groupVersion) => {
    const version = { groupVersion, version: 'v1' };
    return { name: groupVersion.split('/')[0], versions: [version], preferredVersion: version };
  });

const resourceList = (groupVersion: string) => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: (resources[groupVersion] ?? []).map(([name, kind]) => ({
    name,
    kind,
    namespaced: kind !== 'Namespace',
    singularName: '',
    verbs: ['get'],
  })),
});

const kubeConfig = (port: number) => `apiVersion: v1
kind: Config
current-context: fake
clusters: [{ name: fake, cluster: { server: "http://127.0.0.1:${port}" } }]
contexts: [{ name: fake, context: { cluster: fake, user: fake, namespace: llm } }]
users: [{ name: fake, user: {} }]
`;
