import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { render } from '@treadle/chart-checks/helm';
import { type Container, type KubeObject, ofKind, type Pod, podsOf } from '@treadle/chart-checks/objects';

/** Where what the pods reach by names of the cluster is on this machine. */
export interface Places {
  /** Host and port. */
  readonly postgres: string;
  readonly qdrant: string;
  /** The folder of PostgreSQL's programs. */
  readonly programs: string;
  /** What stands for the volume of backups. */
  readonly backups: string;
}

/** A pod of containers that run one after the other, while it runs and later. */
export interface RunningPod {
  /** What it has said so far. */
  said(): string;
  /** Whether every container ended well. */
  readonly ended: Promise<boolean>;
}

export interface RunOptions {
  /** Put before each command, such as a limit. */
  readonly prefix?: readonly string[];
}

/** What `helm install` made, of which the Secrets stay. */
export class ChartJobs {
  private constructor(
    private readonly installed: readonly KubeObject[],
    private readonly keep: number,
  ) {}

  /** @param keep how many backups are kept */
  static async install(keep: number): Promise<ChartJobs> {
    const { objects } = await render({ values: { backup: { enabled: true, keep } } });
    return new ChartJobs(objects, keep);
  }

  /** A value of a Secret. */
  secret(name: string, key: string): string {
    const found = ofKind(this.installed, 'Secret').find(({ metadata }) => metadata.name === name)?.data?.[key];
    if (found === undefined) throw new Error(`The chart makes no Secret ${name} with the key ${key}.`);
    return Buffer.from(found, 'base64').toString();
  }

  /** Runs the pod of the CronJob. */
  backUp(places: Places, options: RunOptions = {}): RunningPod {
    return this.run(this.installed, 'CronJob treadle-backup', places, options);
  }

  /** Upgrades with these values of `backup`, and runs the pod of the Job that comes of it. */
  async restore(
    places: Places,
    backup: { readonly restoreFrom: string; readonly overwrite?: boolean },
  ): Promise<RunningPod> {
    const values = { backup: { enabled: true, keep: this.keep, ...backup } };
    const { objects } = await render({ values });
    return this.run(objects, 'Job treadle-restore', places, {});
  }

  private run(objects: readonly KubeObject[], owner: string, places: Places, { prefix = [] }: RunOptions): RunningPod {
    const pod = podsOf(objects).find((each) => each.owner.startsWith(owner));
    if (!pod) throw new Error(`The chart has no ${owner}.`);
    const folder = join(dirname(places.backups), 'mounts');
    mountFiles(objects, pod, folder);
    let said = '';
    const runAll = async () => {
      for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
        const [program = '', ...more] = [...prefix, ...commandOf(container, folder)];
        const env = { PATH: `${places.programs}:${process.env['PATH']}`, ...this.environmentOf(container, places) };
        const child = spawn(program, more, { env, stdio: ['ignore', 'pipe', 'pipe'] });
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (text: Buffer) => (said += text.toString()));
        const [code] = (await once(child, 'close')) as [number | null];
        if (code !== 0) return false;
      }
      return true;
    };
    return { said: () => said, ended: runAll() };
  }

  private environmentOf({ env = [] }: Container, places: Places): Record<string, string> {
    return Object.fromEntries(
      env.map(({ name, value, valueFrom }) => {
        const from = valueFrom?.secretKeyRef;
        const text = value ?? (from ? this.secret(from.name, from.key) : '');
        return [name, text === '/backup' ? places.backups : atHome(text, places)];
      }),
    );
  }
}

/** What stands for an address of the cluster on this machine. */
export function atHome(text: string, { postgres, qdrant }: Pick<Places, 'postgres' | 'qdrant'>): string {
  return text.replace('treadle-postgres.llm.svc:5432', postgres).replace('treadle-qdrant.llm.svc:6333', qdrant);
}

const commandOf = ({ command = [] }: Container, folder: string): string[] =>
  command.map((part) => (part === 'node' ? process.execPath : part.replace(/^\/scripts\//, `${folder}/scripts/`)));

/** The pod's ConfigMaps as folders, each with all of its files. */
function mountFiles(objects: readonly KubeObject[], { spec }: Pod, folder: string): void {
  for (const { name, configMap } of spec.volumes ?? []) {
    const files = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === configMap?.name)?.data;
    if (!files) continue;
    rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
  }
}
