import type { FileStore } from '@treadle/files';
import type { MessageBus } from '@treadle/messaging';
import type { Pool } from 'pg';
import type {
  Approvals,
  Continuations,
  Conversations,
  Datasets,
  Entries,
  Erasures,
  Feedbacks,
  Labels,
  ModelAdmin,
  Models,
  Retention,
  Retrieval,
  RunData,
  Runs,
  StoredFiles,
  StoreUpkeep,
  ToolAdmin,
  Tools,
  Workflows,
} from './domain/ports.js';
import type { ScopeRates } from './domain/rate-limits/rate-limit.js';
import type { IdentitySettings } from './identity-settings.js';

/** What the gateway needs from outside. Everything given here stays its giver's to close. */
export interface GatewayPorts {
  readonly runs: Runs;
  readonly continuations: Continuations;
  readonly workflows: Workflows;
  readonly approvals: Approvals;
  readonly entries: Entries;
  readonly erasures: Erasures;
  readonly retention: Retention;
  /** Of the model proxy and the tool registry. */
  readonly runData: readonly RunData[];
  readonly conversations: Conversations;
  readonly datasets: Datasets;
  readonly labels: Labels;
  readonly retrieval: Retrieval;
  readonly storeUpkeep: StoreUpkeep;
  readonly feedback: Feedbacks;
  readonly storedFiles: StoredFiles;
  readonly models: Models;
  readonly modelAdmin: ModelAdmin;
  readonly tools: Tools;
  readonly toolAdmin: ToolAdmin;
  readonly bus: MessageBus;
  /** The same that the orchestrator and the executors use. */
  readonly files: FileStore;
  /** Largest file that may be uploaded, in bytes. */
  readonly maxUploadBytes: number;
  /** Made with `createPool(url, { schema: gatewaySchema })`. */
  readonly pool: Pool;
  /** How long an answer that did not reach its client is kept for the repetition of a request, in seconds; 0 takes each as new. */
  readonly repeatSeconds: number;
  /** Where people reach the public API, such as `https://treadle.example.com`; empty takes the address of each request. */
  readonly publicUrl: string;
  /** Made with `parseRates(config.rateLimits)`. */
  readonly rates: ScopeRates;
  /** Made with `identitySettings(config)`. */
  readonly identity: IdentitySettings;
  /** How long audit entries are kept, in days; 0 keeps them for ever. */
  readonly auditDays: number;
  /** Lets in whoever shows this key; without it a random key is made at the very first start. */
  readonly apiKey?: string;
  /** Told the random key, once, to show it to a person. It cannot be found out again. */
  readonly onFirstKey: (key: string) => void;
}
