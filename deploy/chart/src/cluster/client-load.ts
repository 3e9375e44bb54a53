import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface LoadReport {
  readonly calls: number;
  /** What went wrong, by call. */
  readonly failed: readonly string[];
  readonly accepted: number;
  /** Runs that were accepted and did not complete. */
  readonly lost: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Clients that start runs and ask for their outcome, each call on a connection of its own and never repeated. */
export class ClientLoad {
  private calls = 0;
  private readonly failed: string[] = [];
  private readonly accepted: string[] = [];
  private readonly stopping = new AbortController();
  private readonly clients: Promise<void>[] = [];

  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** @param pauseMs between the calls of one client */
  begin(workflowId: string, clients: number, pauseMs: number): void {
    for (let each = 0; each < clients; each++) this.clients.push(this.client(workflowId, pauseMs));
  }

  /** Publishes nothing and runs nothing: brings a workflow in. */
  async importWorkflow(document: string): Promise<string> {
    const { text } = await this.call('POST', '/api/v1/workflows', document, 'application/yaml');
    return (JSON.parse(text) as { id: string }).id;
  }

  /** Ends the clients and looks after every run that was accepted. */
  async end(): Promise<LoadReport> {
    this.stopping.abort();
    await Promise.all(this.clients);
    const lost: string[] = [];
    for (const id of this.accepted) if (!(await this.completes(id))) lost.push(id);
    return { calls: this.calls, failed: this.failed, accepted: this.accepted.length, lost };
  }

  private async client(workflowId: string, pauseMs: number): Promise<void> {
    const body = JSON.stringify({ inputs: { name: 'Ada' }, mode: 'async' });
    while (!this.stopping.signal.aborted) {
      const start = await this.call('POST', `/api/v1/workflows/${workflowId}/runs`, body);
      await delay(pauseMs);
      if (start.status >= 300 || start.status === 0) continue;
      const { id } = JSON.parse(start.text) as { id: string };
      this.accepted.push(id);
      await this.call('GET', `/api/v1/runs/${id}`);
      await delay(pauseMs);
    }
  }

  private async completes(id: string): Promise<boolean> {
    for (const until = Date.now() + 60_000; Date.now() < until; await delay(100)) {
      const { status, text } = await this.call('GET', `/api/v1/runs/${id}`);
      const run = status === 200 ? (JSON.parse(text) as { status: string; finished_at?: string | null }) : undefined;
      if (run?.finished_at) return run.status === 'completed';
    }
    return false;
  }

  private async call(method: string, path: string, body?: string, type = 'application/json'): Promise<Answer> {
    this.calls += 1;
    const answer = await this.send(method, path, body, type).catch((error: unknown) => ({
      status: 0,
      text: String(error),
    }));
    if (answer.status === 0 || answer.status >= 400)
      this.failed.push(`${new Date().toISOString()} ${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    return answer;
  }

  private send(method: string, path: string, body: string | undefined, type: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const headers = { authorization: `Bearer ${this.key}`, ...(body !== undefined && { 'content-type': type }) };
    const sent = request(new URL(path, this.url), { method, headers, agent: false, timeout: 30_000 }, (response) => {
      response.setEncoding('utf8');
      response.toArray().then((parts) => resolve({ status: response.statusCode ?? 0, text: parts.join('') }), reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 30 s')));
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }
}
