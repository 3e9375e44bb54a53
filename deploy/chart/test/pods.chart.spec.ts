import { describe, expect, it } from 'vitest';
import { containersOf, podsOf } from '../src/objects.js';
import { renderProfiles } from '../src/rendered-profiles.js';

const pods = [...(await renderProfiles())].flatMap(([profile, { objects }]) =>
  podsOf(objects).map((pod) => ({ title: `${profile}: ${pod.owner}`, pod })),
);
const containers = pods.flatMap(({ title, pod }) =>
  containersOf(pod).map((container) => ({ title: `${title}: ${container.name}`, pod, container })),
);
const serving = containers.filter(({ pod }) => /^(Deployment|StatefulSet)/.test(pod.owner));

describe.each(pods)('$title', ({ pod: { spec } }) => {
  it('is restricted and has no token of the API server', () => {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(Number(spec.securityContext?.['runAsUser'])).toBeGreaterThan(0);
    for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'])
      expect(spec).not.toHaveProperty(forbidden);
    for (const volume of spec.volumes ?? []) {
      const source = Object.keys(volume).filter((key) => key !== 'name');
      expect(['emptyDir', 'configMap', 'secret', 'persistentVolumeClaim']).toContain(source[0]);
    }
  });
});

describe.each(containers)('$title', ({ container, pod }) => {
  it('can neither gain rights nor change itself', () => {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('is sure of some room, has a limit of memory, and mounts what its pod has', () => {
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.anything() as unknown, memory: expect.anything() as unknown },
      limits: { memory: expect.anything() as unknown },
    });
    const volumes = (pod.spec.volumes ?? []).map(({ name }) => name);
    const claimed = pod.owner.startsWith('StatefulSet') ? ['data'] : [];
    for (const { name } of container.volumeMounts ?? []) expect([...volumes, ...claimed]).toContain(name);
  });

  it('has no secret in the open', () => {
    for (const { name, value } of container.env ?? [])
      if (/PASSWORD|API_KEY|_SECRET|ENCRYPTION|DATABASE_URL/.test(name)) expect(value, name).toBeUndefined();
  });
});

describe.each(serving)('$title serves and', ({ container, pod }) => {
  it('is spread over zones and hosts', () => {
    expect(pod.spec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
  });

  it('is asked three questions that differ, over ports that it has', () => {
    const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe];
    const questions = probes.map((probe) => JSON.stringify(probe?.httpGet ?? probe?.exec ?? probe?.tcpSocket));
    expect(new Set(questions.slice(1)).size).toBe(2);
    expect(questions).not.toContain(undefined);
    const ports = container.ports?.map(({ name }) => name);
    for (const probe of probes) {
      const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
      if (port !== undefined) expect(ports).toContain(port);
    }
  });

  it('has the time it needs to stop', () => {
    const grace = pod.spec.terminationGracePeriodSeconds ?? 0;
    const told = container.env?.find(({ name }) => name === 'TREADLE_SHUTDOWN_GRACE_SECONDS')?.value;
    expect(grace).toBeGreaterThanOrEqual(told === undefined ? 60 : Number(told) + 30);
    const isService = pod.owner.startsWith('Deployment') && !pod.component.startsWith('executor-');
    expect(container.lifecycle?.preStop.exec.command).toEqual(isService ? ['sleep', '5'] : undefined);
  });
});
