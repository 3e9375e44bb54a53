import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, PodSpec, Probe } from '../objects.js';
import { passes, watch } from './probe.js';

export interface PlayedPodOptions {
  /** What it is one of, such as `Deployment treadle-gateway`. */
  readonly owner: string;
  readonly spec: PodSpec;
  /** An address that is the pod's alone. */
  readonly address: string;
  /** The program and its arguments. It passes SIGTERM on to what it runs. */
  readonly commandLine: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** How a command is run beside the process, where that is elsewhere than here. */
  readonly beside?: (command: readonly string[]) => readonly string[];
  /** Ends what cannot be asked any more, where that is not the process itself. */
  readonly kill?: () => void;
}

/** A pod of one container, run by a process of this machine, and asked by its own probes as a kubelet would. */
export class PlayedPod {
  /** Whether it is given work now. */
  ready = false;
  /** How often its liveness probe gave it up, or it died by itself. */
  restarts = 0;
  /** Whether it had to be killed because its grace was over. */
  killed = false;
  private readonly stopping = new AbortController();
  private readonly process: ChildProcess;
  private readonly container: Container;
  private said = '';

  constructor(private readonly options: PlayedPodOptions) {
    const [program = '', ...more] = options.commandLine;
    const [container] = options.spec.containers;
    if (!container) throw new Error(`${options.owner} has no container.`);
    this.container = container;
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...options.environment };
    this.process = spawn(program, more, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const killWithUs = () => this.kill();
    process.once('exit', killWithUs);
    this.process.once('exit', () => {
      process.off('exit', killWithUs);
      if (!this.stopping.signal.aborted) this.restarts += 1;
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (text: Buffer) => {
        this.said = (this.said + text.toString()).slice(-8000);
      });
  }

  get owner(): string {
    return this.options.owner;
  }

  get address(): string {
    return this.options.address;
  }

  /** The end of its log. */
  get log(): string {
    return this.said;
  }

  /** The number of a port of its container. @throws Error where it has none of that name. */
  portOf(port: string | number): number {
    if (typeof port === 'number') return port;
    const found = this.container.ports?.find(({ name }) => name === port);
    if (found) return found.containerPort;
    throw new Error(`${this.owner} has no port ${port}.`);
  }

  /** Resolves when it is ready. @throws Error when its startup probe gives it up, or it ends. */
  async start(): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.container;
    const { signal } = this.stopping;
    const { periodSeconds = 10, failureThreshold = 3 } = startupProbe ?? {};
    for (let failures = 0; startupProbe && !(await this.ask(startupProbe)); failures++) {
      if (failures >= failureThreshold || this.process.exitCode !== null)
        throw new Error(`${this.owner} did not start. It said:\n${this.said}`);
      await delay(periodSeconds * 1000);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const onReady = (ok: boolean) => {
      this.ready = ok;
      if (ok) resolve();
    };
    const onAlive = (ok: boolean) => {
      if (!ok) this.restarts += 1;
    };
    if (readinessProbe)
      void watch({ probe: readinessProbe, ask: () => this.ask(readinessProbe), onChange: onReady, signal });
    if (livenessProbe)
      void watch({ probe: livenessProbe, ask: () => this.ask(livenessProbe), onChange: onAlive, signal });
    await promise;
  }

  /** As a kubelet ends it: out of the Services, preStop, SIGTERM, and SIGKILL when its grace is over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.ready = false;
    const graceEnds = Date.now() + (this.options.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const { preStop } = this.container.lifecycle ?? {};
    if (preStop) await this.run(preStop.exec.command);
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const inTime = await Promise.race([ended.then(() => true), delay(graceEnds - Date.now(), false, { ref: false })]);
    if (inTime) return;
    this.killed = true;
    this.kill();
    await ended;
  }

  /** Runs a command where the process runs. @returns its exit code */
  async run(command: readonly string[]): Promise<number> {
    const [program = '', ...more] = this.options.beside?.(command) ?? command;
    const [code] = (await once(spawn(program, more, { stdio: 'ignore' }), 'exit')) as [number | null];
    return code ?? 1;
  }

  private kill(): void {
    if (this.options.kill) this.options.kill();
    else this.process.kill('SIGKILL');
  }

  private ask(probe: Probe): Promise<boolean> {
    const place = { address: this.address, portOf: this.portOf.bind(this), run: this.run.bind(this) };
    return passes(probe, place);
  }
}

/** Runs a pod that ends by itself, such as that of a Job. @throws Error with what it said when it fails. */
export async function runToEnd(
  commandLine: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [program = '', ...more] = commandLine;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, more, { env: { PATH, HOME, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${commandLine.join(' ')} ended with ${code}. It said:\n${said.slice(-4000)}`);
  return said.trim();
}
