import { randomBytes, randomUUID } from 'node:crypto';
import { CallToolRequest, ToolAdminServiceService, ToolServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { type Handlers, inProcessHandlers } from '@treadle/grpc';
import { createPool } from '@treadle/persistence';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { ToolRegistry, type ToolRegistryParts, toolRegistryConfig, toolRegistrySchema } from '../src/index.js';

const away = () => {
  throw FailureError.of('unavailable', 'The orchestrator is away.');
};

/** One of several registries on one database. */
export interface Replica {
  readonly registry: ToolRegistry;
  readonly pool: Pool;
  readonly tools: Handlers<typeof ToolServiceService>;
  readonly admin: Handlers<typeof ToolAdminServiceService>;
  /** Goes without a word: its lock is let go of, and whatever it still does is not written. */
  die(): Promise<void>;
}

/** Tool registries on a database of their own, and what they logged. */
export class RegistryUnderTest {
  readonly logged: unknown[][] = [];
  /** Away, until a spec says otherwise. */
  orchestrator: Pick<ToolRegistryParts, 'runs' | 'workflows'> = {
    runs: { startRun: away, getRun: away },
    workflows: { getWorkflow: away, listWorkflows: away },
  };
  private readonly opened: { readonly registry: ToolRegistry; readonly pool: Pool }[] = [];

  private constructor(
    private readonly database: TestDatabase,
    private readonly keyEncryptionKey: string,
  ) {}

  static async open(): Promise<RegistryUnderTest> {
    return new RegistryUnderTest(await testDatabase(), randomBytes(32).toString('base64'));
  }

  async replica(values: Record<string, string> = {}): Promise<Replica> {
    const write = (...line: unknown[]) => this.logged.push(line);
    const log = { info: write, warn: write, error: write };
    const pool = createPool(this.database.connectionString, { schema: toolRegistrySchema });
    const environment = {
      TREADLE_KEY_ENCRYPTION_KEY: this.keyEncryptionKey,
      TREADLE_HTTP_ALLOW: '127.0.0.1,somebody-else=127.0.0.2',
      TREADLE_TOOL_TAKE_OVER_MS: '50',
      ...values,
    };
    const config = toolRegistryConfig.read(environment);
    const registry = new ToolRegistry({ config, pool, ...this.orchestrator, log });
    const one = { registry, pool };
    this.opened.push(one);
    await registry.start();
    const onBug = (path: string, error: unknown) => this.logged.push([path, error]);
    const die = async () => {
      this.opened.splice(this.opened.indexOf(one), 1);
      // What a killed process leaves: an ended pool writes nothing, and the server lets go of its lock.
      const ended = pool.end();
      await registry.stop();
      await ended;
    };
    return {
      ...one,
      tools: inProcessHandlers(ToolServiceService, registry.controllers.tools, onBug),
      admin: inProcessHandlers(ToolAdminServiceService, registry.controllers.admin, onBug),
      die,
    };
  }

  async close(): Promise<void> {
    for (const { registry, pool } of this.opened) {
      await registry.stop();
      await pool.end();
    }
    await this.database.drop();
  }
}

export const tenantId = 'acme';

type Given = Partial<Omit<CallToolRequest, 'name'>> & { readonly args?: object };

/** A call with a key of its own, unless it is given one. */
export function callOf(toolset: string, tool: string, { args = {}, ...given }: Given = {}): CallToolRequest {
  return CallToolRequest.fromPartial({
    tenantId,
    name: { toolset, tool },
    argumentsJson: JSON.stringify(args),
    idempotencyKey: randomUUID(),
    ...given,
  });
}

/** What registers an OpenAPI document. */
export function registrationOf(name: string, document: object, given: object = {}) {
  return {
    ...{ tenantId, name, kind: 'openapi', description: undefined, share: undefined },
    sourceJson: JSON.stringify({ document: JSON.stringify(document) }),
    ...given,
  };
}
