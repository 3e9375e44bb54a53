import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { containersOf, environmentOf, type KubeObject, ofKind, type Part, podsOf, titleOf } from '../src/objects.js';
import { renderProfiles } from '../src/rendered-profiles.js';

const rendered = [...(await renderProfiles())];
/** Named in values, so they are there already. */
const given = /^(our-|treadle-|shared-|internal-|proxy$|registry-key$)/;
const command = ['clients/cli/bin/treadle.mjs', 'config', '--json'];
const settings = JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' })) as { name: string }[];
const ours = new Set(settings.map(({ name }) => name));
const others = ['NODE_ENV', 'NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY'];

const matches = (labels: Part, selector: Part) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
const selectorOf = ({ kind, spec }: KubeObject) =>
  (kind === 'Service' ? spec?.['selector'] : (spec?.['selector'] as Part | undefined)?.['matchLabels']) as
    | Part
    | undefined;

describe.each(rendered)('%s', (profile, { objects }) => {
  const pods = podsOf(objects);
  const names = (kind: string) => ofKind(objects, kind).map(({ metadata }) => metadata.name);

  it('gives every object a name of its own that Kubernetes takes', () => {
    const titles = objects.map(titleOf);
    expect(new Set(titles).size).toBe(titles.length);
    for (const { metadata } of objects) expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    for (const { metadata } of objects)
      expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'treadle' });
  });

  it('selects pods that are there, each by one workload', () => {
    for (const object of objects) {
      const selector = selectorOf(object);
      if (!selector) continue;
      const found = pods.filter(({ labels }) => matches(labels, selector));
      expect(found.length, titleOf(object)).toBeGreaterThan(0);
      if (/^(Deployment|StatefulSet|Service|PodDisruptionBudget)$/.test(object.kind))
        expect(found, titleOf(object)).toHaveLength(1);
    }
  });

  it('sends Services to ports that their pods have', () => {
    for (const service of ofKind(objects, 'Service')) {
      const [pod] = pods.filter(({ labels }) => matches(labels, selectorOf(service) ?? {}));
      const ports = pod?.spec.containers.flatMap((container) => container.ports ?? []).map(({ name }) => name);
      for (const { targetPort } of service.spec?.['ports'] as { targetPort: string }[])
        expect(ports).toContain(targetPort);
    }
  });

  it('names Secrets, ConfigMaps and claims that are there or were given', () => {
    const secrets = names('Secret');
    const isThere = (kind: string, name: string) => names(kind).includes(name) || given.test(name);
    for (const pod of pods) {
      for (const { configMap, secret, persistentVolumeClaim: claim } of pod.spec.volumes ?? []) {
        if (configMap) expect(isThere('ConfigMap', configMap.name), configMap.name).toBe(true);
        if (secret) expect(isThere('Secret', secret.secretName), secret.secretName).toBe(true);
        if (claim) expect(isThere('PersistentVolumeClaim', claim.claimName), claim.claimName).toBe(true);
      }
      for (const { env = [] } of containersOf(pod))
        for (const { valueFrom } of env) {
          const from = valueFrom?.secretKeyRef;
          if (!from) continue;
          expect(isThere('Secret', from.name), from.name).toBe(true);
          const made = ofKind(objects, 'Secret').find(({ metadata }) => metadata.name === from.name);
          if (made) expect(Object.keys(made.data ?? {})).toContain(from.key);
        }
    }
    if (profile === 'gitops') expect(secrets).toEqual([]);
  });

  it('calls addresses that are Services here, at their ports', () => {
    const services = new Map(ofKind(objects, 'Service').map((service) => [service.metadata.name, service]));
    for (const pod of pods)
      for (const container of containersOf(pod))
        for (const [, name, , port] of Object.values(environmentOf(container)).flatMap((value) => [
          ...value.matchAll(/([a-z0-9-]+)\.(llm)\.svc:(\d+)/g),
        ])) {
          const ports = services.get(name ?? '')?.spec?.['ports'] as { port: number }[] | undefined;
          expect(
            ports?.map((each) => each.port),
            name,
          ).toContain(Number(port));
        }
  });

  it('scales, protects and routes to what is there', () => {
    const deployments = names('Deployment');
    for (const scaler of [...ofKind(objects, 'HorizontalPodAutoscaler'), ...ofKind(objects, 'ScaledObject')]) {
      const { name } = scaler.spec?.['scaleTargetRef'] as { name: string };
      expect(deployments).toContain(name);
      const deployment = objects.find((object) => titleOf(object) === `Deployment ${name}`);
      expect(deployment?.spec).not.toHaveProperty('replicas');
    }
    for (const route of ofKind(objects, 'HTTPRoute'))
      for (const { backendRefs } of route.spec?.['rules'] as { backendRefs: { name: string; weight: number }[] }[]) {
        for (const { name } of backendRefs) expect(names('Service')).toContain(name);
        expect(backendRefs.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
      }
  });

  it('sets settings that the services read', () => {
    for (const pod of pods.filter(({ owner }) => owner.startsWith('Deployment')))
      for (const container of containersOf(pod))
        for (const name of Object.keys(environmentOf(container))) expect([...ours, ...others]).toContain(name);
  });

  it('protects only what has another pod to go on', () => {
    for (const budget of ofKind(objects, 'PodDisruptionBudget')) {
      const target = `${budget.metadata.name}`;
      const deployment = objects.find((object) => titleOf(object) === `Deployment ${target}`);
      const scaler = objects.find(
        ({ kind, metadata }) => /Autoscaler|ScaledObject/.test(kind) && metadata.name === target,
      );
      const least =
        deployment?.spec?.['replicas'] ?? scaler?.spec?.['minReplicas'] ?? scaler?.spec?.['minReplicaCount'];
      if (profile !== 'restore') expect(Number(least)).toBeGreaterThan(1);
      expect(budget.spec).toMatchObject({ unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    }
  });
});
