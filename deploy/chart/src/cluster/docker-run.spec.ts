import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../objects.js';
import { dockerRun } from './docker-run.js';

const container: Container = {
  name: 'gateway',
  image: 'treadle/gateway:1',
  env: [],
  resources: { limits: { memory: '768Mi', cpu: '250m' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
  volumeMounts: [
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'files', mountPath: '/files' },
    { name: 'config', mountPath: '/etc/it', readOnly: true },
  ],
};
const spec: PodSpec = {
  securityContext: {
    runAsUser: 10001,
    runAsGroup: 10002,
    fsGroup: 10003,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  containers: [container],
  volumes: [
    { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
    { name: 'files', persistentVolumeClaim: { claimName: 'files' } },
    { name: 'config', configMap: { name: 'it' } },
  ],
};
const place = {
  name: 'one',
  label: 'run=1',
  network: 'inside',
  address: '10.0.0.2',
  resolver: '/there/resolv.conf',
  environment: { NAME: 'a value' },
  folders: new Map([
    ['files', '/there/files'],
    ['config', '/there/config'],
  ]),
};
const line = (changed: Partial<Container> = {}) => dockerRun(spec, { ...container, ...changed }, place).join(' ');

describe('the container of a manifest', () => {
  it('has the rights that the manifest gives, and no more', () => {
    expect(line()).toContain(
      '--user 10001:10002 --group-add 10003 --read-only --security-opt no-new-privileges --cap-drop ALL',
    );
  });

  it('is not run where Docker cannot hold it to its manifest', () => {
    const loose = { ...spec, securityContext: { seccompProfile: { type: 'Unconfined' } } };
    expect(() => dockerRun(loose, container, place)).toThrow('seccomp');
    expect(() => dockerRun(spec, container, { ...place, folders: new Map() })).toThrow('volume files');
  });

  it('has the room and the volumes of the manifest', () => {
    expect(line()).toContain('--memory 768m --memory-swap 768m --cpus 0.25');
    expect(line()).toContain('--tmpfs /tmp:rw,exec,mode=1777,size=256m');
    expect(line()).toContain('--mount type=bind,source=/there/files,target=/files --mount');
    expect(line()).toContain('--mount type=bind,source=/there/config,target=/etc/it,readonly');
  });

  it('runs what the image runs, or what the manifest says instead', () => {
    expect(line()).toMatch(/--env NAME=a value treadle\/gateway:1$/);
    expect(line({ args: ['-c', 'x'] })).toMatch(/treadle\/gateway:1 -c x$/);
    expect(line({ command: ['node', '/a.mjs'] })).toMatch(/--entrypoint node treadle\/gateway:1 \/a\.mjs$/);
  });
});
