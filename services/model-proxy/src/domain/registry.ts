import { type Failure, FailureError, toFailure } from '@treadle/failure';
import type { Provider } from './provider.js';

/** How long a list of models is believed, and how long a failed reading is not repeated, in milliseconds. */
const freshMs = 60_000;
const retryMs = 5_000;

/**
 * What is known about a provider's models:
 * - `known`: the list, possibly an old one if newer readings failed.
 * - `none`: the server gives no list; it may have any model.
 * - `down`: it could not be asked.
 */
export type ModelList =
  | { readonly state: 'known'; readonly models: readonly string[] }
  | { readonly state: 'none' }
  | { readonly state: 'down'; readonly failure: Failure };

interface Reading {
  readonly list: ModelList;
  readonly at: number;
}

/** The configured providers and the models each says it has. */
export class Registry {
  private readonly readings = new Map<string, Reading>();
  private readonly running = new Map<string, Promise<ModelList>>();

  /** In order of preference where several have a model. */
  constructor(
    readonly providers: readonly Provider[],
    private readonly now: () => number = Date.now,
  ) {}

  find(name: string): Provider | undefined {
    return this.providers.find((provider) => provider.name === name);
  }

  /** The provider's models where a list of this minute says so; else `list` is to be asked. */
  fresh(provider: Provider): ModelList | undefined {
    const reading = this.readings.get(provider.name);
    if (reading?.list.state !== 'known' || this.now() - reading.at >= freshMs) return undefined;
    return reading.list;
  }

  /**
   * The provider's models. An old list that has the wanted model is good enough, and is renewed in the background:
   * a call waits for a list only when nothing else can say whether the model exists.
   */
  async list(provider: Provider, wanted?: string): Promise<ModelList> {
    const reading = this.readings.get(provider.name);
    if (!reading) return this.read(provider);
    const age = this.now() - reading.at;
    const { list } = reading;
    if (age < (list.state === 'known' ? freshMs : retryMs)) return list;
    const renewed = this.read(provider);
    return list.state === 'known' && wanted !== undefined && list.models.includes(wanted) ? list : renewed;
  }

  /** One reading at a time per provider; whoever comes meanwhile shares it. */
  private read(provider: Provider): Promise<ModelList> {
    const already = this.running.get(provider.name);
    if (already) return already;
    const reading = this.readNow(provider).finally(() => this.running.delete(provider.name));
    this.running.set(provider.name, reading);
    return reading;
  }

  private async readNow(provider: Provider): Promise<ModelList> {
    const list = await this.ask(provider);
    const before = this.readings.get(provider.name)?.list;
    const kept = list.state !== 'known' && before?.state === 'known' ? before : list;
    this.readings.set(provider.name, { list: kept, at: this.now() });
    return kept;
  }

  private async ask(provider: Provider): Promise<ModelList> {
    try {
      return { state: 'known', models: await provider.listModels() };
    } catch (error) {
      // A bug counts as trouble too: it must not make a model look unknown, nor fail a reading that nobody waits for.
      const bug = !(error instanceof FailureError);
      const failure = toFailure(error);
      return bug || failure.retryable ? { state: 'down', failure } : { state: 'none' };
    }
  }
}
