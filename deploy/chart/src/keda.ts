import type { KubeObject } from './objects.js';

/** The trigger of a ScaledObject, as KEDA reads it. */
interface Trigger {
  readonly account: string;
  readonly stream: string;
  readonly consumer: string;
  readonly lagThreshold: string;
  readonly activationLagThreshold: string;
}

interface ScaledObjectSpec {
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly triggers: readonly { readonly metadata: Trigger }[];
}

interface Jsz {
  readonly account_details?: readonly {
    readonly name: string;
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly consumer_detail?: readonly {
        readonly name: string;
        readonly num_pending: number;
        readonly num_ack_pending: number;
      }[];
    }[];
  }[];
}

/** What KEDA asks a NATS server. */
export const jszPath = (account: string) => `/jsz?acc=${account}&consumers=true&config=true`;

/** The replicas that KEDA's `nats-jetstream` scaler and the HorizontalPodAutoscaler behind it arrive at, by their published formulas. */
export function replicasByKeda(scaledObject: KubeObject, jsz: Jsz): number {
  const { minReplicaCount, maxReplicaCount, triggers } = scaledObject.spec as unknown as ScaledObjectSpec;
  const lags = triggers.map(({ metadata }) => ({ lag: lagOf(metadata, jsz), trigger: metadata }));
  const isActive = lags.some(({ lag, trigger }) => lag > Number(trigger.activationLagThreshold));
  if (!isActive && minReplicaCount === 0) return 0;
  const wanted = lags.map(({ lag, trigger }) => Math.ceil(lag / Number(trigger.lagThreshold)));
  return Math.min(maxReplicaCount, Math.max(1, minReplicaCount, ...wanted));
}

/** What waits and what is under way. */
function lagOf({ account, stream, consumer }: Trigger, { account_details: accounts = [] }: Jsz): number {
  const streams = accounts.find(({ name }) => name === account)?.stream_detail ?? [];
  const consumers = streams.find(({ name }) => name === stream)?.consumer_detail ?? [];
  const found = consumers.find(({ name }) => name === consumer);
  return found ? found.num_pending + found.num_ack_pending : 0;
}
