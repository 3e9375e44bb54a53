import { describe, expect, it } from 'vitest';
import { type KubeObject, ofKind, type Part, type Pod, podsOf } from '../src/objects.js';
import { renderProfiles } from '../src/rendered-profiles.js';

/** Who calls whom: the whole table, written down again. `*` is what is outside the cluster. */
const calls: Readonly<Record<string, readonly string[]>> = {
  backup: ['postgres:5432', 'qdrant:6333'],
  executor: ['model-proxy:50051', 'nats:4222', 'retrieval:50054', 'tool-registry:50053'],
  gateway: [
    'model-proxy:50051',
    'nats:4222',
    'orchestrator:50052',
    'postgres:5432',
    'retrieval:50054',
    'tool-registry:50053',
  ],
  isolated: ['nats:4222'],
  migrate: ['postgres:5432'],
  'model-proxy': ['nats:4222', 'postgres:5432'],
  orchestrator: ['nats:4222', 'postgres:5432'],
  retrieval: ['model-proxy:50051', 'nats:4222', 'postgres:5432', 'qdrant:6333'],
  test: ['gateway:8080'],
  'tool-registry': ['orchestrator:50052', 'postgres:5432'],
};
const mayLeave = ['executor', 'model-proxy', 'retrieval', 'tool-registry'];

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number }[];
}

interface Peer {
  readonly podSelector?: { readonly matchLabels: Part };
  readonly namespaceSelector?: Part;
  readonly ipBlock?: { readonly cidr: string; readonly except: readonly string[] };
}

const roleOf = (component: string) =>
  component === 'executor-code' ? 'isolated' : component.replace(/^executor-.*/, 'executor').replace(/-canary$/, '');
const selects = (labels: Part, selector: Part) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
const rulesOf = (policy: KubeObject | undefined, way: 'ingress' | 'egress') =>
  (policy?.spec?.[way] ?? []) as readonly Rule[];
const policyFor = (policies: readonly KubeObject[], { labels }: Pod) =>
  policies.find(({ metadata, spec }) => {
    const { matchLabels } = spec?.['podSelector'] as { matchLabels: Part };
    return !metadata.name.endsWith('-deny') && selects(labels, matchLabels);
  });

/** Whether a rule names the pod, in the same namespace. */
const names = (peers: readonly Peer[] | undefined, pod: Pod) =>
  (peers ?? []).some(
    ({ podSelector, namespaceSelector }) =>
      podSelector && !namespaceSelector && selects(pod.labels, podSelector.matchLabels),
  );

/** The connections that the policies allow: both ends have to. */
function allowed(from: Pod, pods: readonly Pod[], policies: readonly KubeObject[]): string[] {
  const out = rulesOf(policyFor(policies, from), 'egress');
  const found = pods.flatMap((to) =>
    rulesOf(policyFor(policies, to), 'ingress')
      .filter((rule) => names(rule.from, from))
      .flatMap(({ ports = [] }) => ports.map(({ port }) => port))
      .filter((port) => out.some((rule) => names(rule.to, to) && rule.ports?.some((each) => each.port === port)))
      .map((port) => `${to.component}:${port}`),
  );
  return [...new Set(found)].filter((target) => !target.startsWith('gateway-canary')).sort();
}

const profiles = [...(await renderProfiles())].filter(([name]) => name !== 'embedded-vectors');

describe.each(profiles)('the network of %s', (profile, { objects }) => {
  const pods = podsOf(objects);
  const policies = ofKind(objects, 'NetworkPolicy');
  const running = new Set(pods.map(({ component }) => component));

  it('is closed but for what is allowed', () => {
    const deny = policies.find(({ metadata }) => metadata.name.endsWith('-deny'));
    expect(deny?.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect(deny?.spec).not.toHaveProperty('ingress');
    expect(deny?.spec).not.toHaveProperty('egress');
    for (const pod of pods) expect(policyFor(policies, pod), pod.component).toBeDefined();
  });

  it.each(pods.filter(({ component }) => calls[roleOf(component)]))(
    'lets $component go where it has to, and nowhere else',
    (pod) => {
      const wanted = calls[roleOf(pod.component)]?.filter((target) => running.has(target.split(':')[0] ?? ''));
      expect(allowed(pod, pods, policies)).toEqual(wanted);
    },
  );

  it.each(pods)('lets $component leave the cluster only if that is its work', (pod) => {
    const rules = rulesOf(policyFor(policies, pod), 'egress');
    const leaves = rules.some(({ to }) => to?.some(({ ipBlock }) => ipBlock));
    const pool = profile === 'air-gapped' || pod.component === 'executor-models' ? 'executor' : '';
    expect(leaves).toBe(mayLeave.includes(roleOf(pod.component)) && roleOf(pod.component) !== pool);
    for (const { ipBlock } of rules.flatMap(({ to }) => to ?? []))
      if (ipBlock) expect(ipBlock.except.length).toBeGreaterThan(1);
  });

  it('lets stores call nobody', () => {
    for (const pod of pods.filter(({ component }) => /^(postgres|nats|qdrant)$/.test(component)))
      expect(rulesOf(policyFor(policies, pod), 'egress')).toEqual([]);
  });
});

describe('code of strangers', () => {
  const [, rendered] = profiles.find(([name]) => name === 'code-pool') ?? [];

  it('reaches the queue and names, nothing else', () => {
    const policies = ofKind(rendered?.objects ?? [], 'NetworkPolicy');
    const policy = policies.find(({ metadata }) => metadata.name === 'treadle-executor-code');
    expect(rulesOf(policy, 'egress').map(({ ports }) => ports?.map(({ port }) => port))).toEqual([[53, 53], [4222]]);
    expect(rulesOf(policy, 'ingress')).toEqual([]);
  });
});
