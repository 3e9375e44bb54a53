import { describe, expect, it } from 'vitest';
import { render, type Values } from '../src/helm.js';
import { containersOf, environmentOf, type KubeObject, podsOf, titleOf } from '../src/objects.js';

const off = await render();

const has = (title: string) => (objects: readonly KubeObject[]) => objects.some((object) => titleOf(object) === title);
const text = (title: string, part: string) => (objects: readonly KubeObject[]) =>
  objects.some((object) => titleOf(object) === title && JSON.stringify(object).includes(part));
/** Whether a container of the workload has the setting. */
const sets = (owner: string, name: string, value: string) => (objects: readonly KubeObject[]) =>
  podsOf(objects)
    .filter((pod) => pod.owner === owner)
    .flatMap(containersOf)
    .some((container) => environmentOf(container)[name] === value);
const not = (is: (objects: readonly KubeObject[]) => boolean) => (objects: readonly KubeObject[]) => !is(objects);

const keda = { minReplicas: 1, maxReplicas: 4, pollingSeconds: 10, scaleInSeconds: 60, fallbackReplicas: 1 };
const hpa = { minReplicas: 2, maxReplicas: 4, cpuPercent: 70, scaleInSeconds: 60 };
const ourNats = { nats: { enabled: false, external: { url: 'nats://our:4222' } } };
const route = { enabled: true, parents: [{ name: 'public' }] };
const gateway = 'Deployment treadle-gateway';
const executor = 'Deployment treadle-executor-default';

/** What is to be seen with these values, and not to be seen without. */
const switches: readonly (readonly [string, Values, (objects: readonly KubeObject[]) => boolean])[] = [
  [
    'postgres.enabled',
    { postgres: { enabled: false, existingSecret: 'our' } },
    not(has('StatefulSet treadle-postgres')),
  ],
  ['postgres.existingSecret', { postgres: { existingSecret: 'our' } }, not(has('Secret treadle-postgres'))],
  ['postgres.existingSecret, used', { postgres: { existingSecret: 'our' } }, sets(gateway, 'DATABASE_URL', 'our/url')],
  [
    'postgres.settings',
    { postgres: { settings: { work_mem: '64MB' } } },
    text('StatefulSet treadle-postgres', 'work_mem=64MB'),
  ],
  [
    'postgres.storage.className',
    { postgres: { storage: { className: 'fast' } } },
    text('StatefulSet treadle-postgres', '"storageClassName":"fast"'),
  ],
  ['nats.enabled', ourNats, not(has('StatefulSet treadle-nats'))],
  ['nats.enabled, its policy', ourNats, not(has('NetworkPolicy treadle-nats'))],
  ['nats.external.url', ourNats, sets(executor, 'NATS_URL', 'nats://our:4222')],
  [
    'nats.external.existingSecret',
    { nats: { enabled: false, external: { existingSecret: 'our' } } },
    sets(executor, 'NATS_URL', 'our/url'),
  ],
  ['nats.existingSecret', { nats: { existingSecret: 'our' } }, not(has('Secret treadle-nats'))],
  ['nats.streamBytes', { nats: { streamBytes: '9GB' } }, text('ConfigMap treadle-nats', 'max_file_store: 9GB')],
  ['qdrant.enabled', { qdrant: { enabled: false } }, not(has('StatefulSet treadle-qdrant'))],
  [
    'qdrant.enabled, told',
    { qdrant: { enabled: false } },
    not(sets('Deployment treadle-retrieval', 'TREADLE_VECTOR_STORE', 'qdrant')),
  ],
  [
    'qdrant.external.url',
    { qdrant: { enabled: false, external: { url: 'http://our:6333' } } },
    sets('Deployment treadle-retrieval', 'QDRANT_URL', 'http://our:6333'),
  ],
  ['files.existingSecret', { files: { existingSecret: 'our' } }, not(has('PersistentVolumeClaim treadle-files'))],
  ['files.existingSecret, used', { files: { existingSecret: 'our' } }, sets(executor, 'FILES_URL', 'our/url')],
  ['files.existingClaim', { files: { existingClaim: 'our' } }, text(executor, '"claimName":"our"')],
  [
    'files.storage.accessMode',
    { files: { storage: { accessMode: 'ReadWriteOnce' } } },
    text('PersistentVolumeClaim treadle-files', 'ReadWriteOnce'),
  ],
  [
    'keyEncryption.existingSecret',
    { keyEncryption: { existingSecret: 'our' } },
    not(has('Secret treadle-key-encryption')),
  ],
  [
    'firstApiKey.existingSecret',
    { firstApiKey: { existingSecret: 'our' } },
    sets(gateway, 'TREADLE_API_KEY', 'our/key'),
  ],
  [
    'migrations.mode: hook',
    { migrations: { mode: 'hook' } },
    text('Job treadle-migrate', '"helm.sh/hook":"pre-upgrade"'),
  ],
  [
    'migrations.mode: hook, with a database that is there',
    { migrations: { mode: 'hook' }, postgres: { enabled: false, existingSecret: 'our' } },
    text('Job treadle-migrate', 'pre-install,pre-upgrade'),
  ],
  [
    'migrations.mode: job',
    { migrations: { mode: 'job' } },
    (objects) =>
      objects.some(
        ({ kind, metadata }) =>
          kind === 'Job' && /^treadle-migrate-[0-9a-f]{8}$/.test(metadata.name) && !metadata.annotations,
      ),
  ],
  ['backup.enabled', { backup: { enabled: true } }, has('CronJob treadle-backup')],
  ['backup.enabled, its claim', { backup: { enabled: true } }, has('PersistentVolumeClaim treadle-backup')],
  [
    'backup.restoreFrom',
    { backup: { restoreFrom: 'latest' } },
    (objects) => objects.some(({ metadata }) => metadata.name.startsWith('treadle-restore-')),
  ],
  [
    'backup.overwrite',
    { backup: { restoreFrom: 'latest', overwrite: true } },
    (objects) => JSON.stringify(objects).includes('{"name":"BACKUP_OVERWRITE","value":"true"}'),
  ],
  ['backup.restoreFrom, nothing runs', { backup: { restoreFrom: 'latest' } }, text(gateway, '"replicas":0')],
  ['gateway.ingress.enabled', { gateway: { ingress: { enabled: true } } }, has('Ingress treadle-gateway')],
  [
    'gateway.ingress.tlsSecret',
    { gateway: { ingress: { enabled: true, tlsSecret: 'our' } } },
    text('Ingress treadle-gateway', '"secretName":"our"'),
  ],
  ['gateway.route.enabled', { gateway: { route } }, has('HTTPRoute treadle-gateway')],
  [
    'gateway.canary.enabled',
    { gateway: { route, canary: { enabled: true, version: '2' } } },
    text('Deployment treadle-gateway-canary', 'treadle/gateway:2'),
  ],
  [
    'gateway.canary.percent',
    { gateway: { route, canary: { enabled: true, version: '2', percent: 5 } } },
    text('HTTPRoute treadle-gateway', '"weight":95'),
  ],
  [
    'gateway.service.type',
    { gateway: { service: { type: 'LoadBalancer' } } },
    text('Service treadle-gateway', '"type":"LoadBalancer"'),
  ],
  ['gateway.tls.existingSecret', { gateway: { tls: { existingSecret: 'our' } } }, text(gateway, '"scheme":"HTTPS"')],
  [
    'gateway.tls.existingSecret, the test',
    { gateway: { tls: { existingSecret: 'our' } } },
    text('Pod treadle-test', 'https://treadle-gateway.llm.svc'),
  ],
  [
    'serviceTls.existingSecret',
    { serviceTls: { existingSecret: 'our' } },
    sets(executor, 'TREADLE_SERVICE_TLS_KEY', 'our/tls.key'),
  ],
  [
    'serviceTls.existingSecret, NATS',
    { serviceTls: { existingSecret: 'our' } },
    text('ConfigMap treadle-nats', 'verify: true'),
  ],
  [
    'trustedCa.configMap',
    { trustedCa: { configMap: 'our' } },
    sets(executor, 'NODE_EXTRA_CA_CERTS', '/etc/treadle/ca/ca.crt'),
  ],
  ['image.registry', { image: { registry: 'our.io' } }, text(gateway, '"our.io/treadle/gateway:0.1.0"')],
  ['image.tag', { image: { tag: '9' } }, text(gateway, '"treadle/gateway:9"')],
  [
    'image.digests',
    { image: { digests: { gateway: `sha256:${'a'.repeat(64)}` } } },
    text(gateway, 'treadle/gateway@sha256:aaaa'),
  ],
  ['image.pullSecrets', { image: { pullSecrets: ['our'] } }, text(gateway, '"imagePullSecrets":[{"name":"our"}]')],
  ['image.pullPolicy', { image: { pullPolicy: 'Always' } }, text(gateway, '"imagePullPolicy":"Always"')],
  ['labels', { labels: { team: 'a' } }, text('Service treadle-gateway', '"team":"a"')],
  ['logLevel', { logLevel: 'trace' }, sets(gateway, 'TREADLE_LOG_LEVEL', 'trace')],
  ['networkPolicies.enabled', { networkPolicies: { enabled: false } }, not(has('NetworkPolicy treadle-deny'))],
  [
    'networkPolicies.gatewayFrom',
    { networkPolicies: { gatewayFrom: [{ podSelector: { matchLabels: { edge: 'yes' } } }] } },
    text('NetworkPolicy treadle-gateway', '"edge":"yes"'),
  ],
  [
    'networkPolicies.monitorFrom',
    { networkPolicies: { monitorFrom: [] } },
    not(text('NetworkPolicy treadle-nats', '"port":8222')),
  ],
  [
    'networkPolicies.externalTo',
    { files: { existingSecret: 'our' }, networkPolicies: { externalTo: [{ ipBlock: { cidr: '198.51.100.0/24' } }] } },
    text('NetworkPolicy treadle-gateway', '198.51.100.0/24'),
  ],
  ['monitoring.enabled', { monitoring: { enabled: true } }, text('NetworkPolicy treadle-orchestrator', '"port":8081')],
  [
    'disruptionBudget.enabled',
    { defaults: { disruptionBudget: { enabled: false } } },
    not(has('PodDisruptionBudget treadle-gateway')),
  ],
  [
    'disruptionBudget of one replica',
    { services: { gateway: { replicas: 1 } } },
    not(has('PodDisruptionBudget treadle-gateway')),
  ],
  ['scaling.hpa', { services: { gateway: { scaling: { hpa } } } }, has('HorizontalPodAutoscaler treadle-gateway')],
  ['scaling.hpa, replicas', { services: { gateway: { scaling: { hpa } } } }, not(text(gateway, '"replicas":'))],
  [
    'scaling.keda',
    { executors: { default: { scaling: { keda } } } },
    text('ScaledObject treadle-executor-default', '"consumer":"default"'),
  ],
  [
    'concurrency, told',
    { executors: { default: { concurrency: 7 } } },
    sets(executor, 'TREADLE_POOL_CONCURRENCY', '7'),
  ],
  [
    'concurrency, scaled by',
    { executors: { default: { concurrency: 7, scaling: { keda } } } },
    text('ScaledObject treadle-executor-default', '"lagThreshold":"7"'),
  ],
  [
    'longestNodeSeconds',
    { executors: { default: { longestNodeSeconds: 900 } } },
    text(executor, '"terminationGracePeriodSeconds":930'),
  ],
  ['isolated', { executors: { default: { isolated: true } } }, not(text(executor, 'calls.treadle.dev/model-proxy'))],
  [
    'isolated, its files',
    { executors: { default: { isolated: true } } },
    sets(executor, 'FILES_URL', 'file:///tmp/files'),
  ],
  [
    'internet',
    { executors: { default: { internet: false } } },
    not(text('NetworkPolicy treadle-executor-default', '0.0.0.0/0')),
  ],
  [
    'egress',
    { services: { gateway: { egress: [{ ports: [{ port: 9999 }] }] } } },
    text('NetworkPolicy treadle-gateway', '"port":9999'),
  ],
  [
    'nodeTypes',
    { executors: { default: {}, code: { nodeTypes: ['code'] } } },
    sets('Deployment treadle-orchestrator', 'TREADLE_TYPE_POOLS', 'code=code'),
  ],
  [
    'version',
    { executors: { default: {}, next: { pools: ['default'], version: '2' } } },
    text('Deployment treadle-executor-next', 'treadle/node-executor:2'),
  ],
  ['command', { executors: { default: { command: ['node', 'x.js'] } } }, text(executor, '"command":["node","x.js"]')],
  [
    'environment',
    { executors: { default: { environment: { TREADLE_MAX_VALUE_BYTES: 104857600 } } } },
    sets(executor, 'TREADLE_MAX_VALUE_BYTES', '104857600'),
  ],
  [
    'environmentFrom',
    { executors: { default: { environmentFrom: [{ name: 'HTTPS_PROXY', secret: 'our', key: 'url' }] } } },
    sets(executor, 'HTTPS_PROXY', 'our/url'),
  ],
  [
    'nodeSelector',
    { executors: { default: { nodeSelector: { disk: 'ssd' } } } },
    text(executor, '"nodeSelector":{"disk":"ssd"}'),
  ],
  [
    'tolerations',
    { executors: { default: { tolerations: [{ operator: 'Exists' }] } } },
    text(executor, '"tolerations"'),
  ],
  ['affinity', { executors: { default: { affinity: { nodeAffinity: {} } } } }, text(executor, '"nodeAffinity"')],
  [
    'priorityClassName',
    { executors: { default: { priorityClassName: 'high' } } },
    text(executor, '"priorityClassName":"high"'),
  ],
  [
    'runtimeClassName',
    { executors: { default: { runtimeClassName: 'gvisor' } } },
    text(executor, '"runtimeClassName":"gvisor"'),
  ],
  ['podLabels', { executors: { default: { podLabels: { team: 'b' } } } }, text(executor, '"team":"b"')],
  [
    'podAnnotations',
    { executors: { default: { podAnnotations: { cost: 'b' } } } },
    text(executor, '"annotations":{"cost":"b"}'),
  ],
  ['temporarySpace', { executors: { default: { temporarySpace: '3Gi' } } }, text(executor, '"sizeLimit":"3Gi"')],
];

describe('a switch', () => {
  it.each(switches)('%s does what it says, and nothing of it shows without', async (_, values, shows) => {
    expect(shows((await render({ values })).objects)).toBe(true);
    expect(shows(off.objects)).toBe(false);
  });

  it('nameOverride and fullnameOverride name every object', async () => {
    const { objects } = await render({ values: { fullnameOverride: 'llm-prod' } });
    for (const { metadata } of objects) expect(metadata.name).toMatch(/^llm-prod-/);
  });
});
