/** Injection token of the service's settings. */
export const MODEL_PROXY_CONFIG = Symbol('MODEL_PROXY_CONFIG');

/** The service's settings, read once. */
export interface ModelProxyConfig {
  readonly openAiBaseUrl: string;
  readonly openAiApiKey: string;
  /** `provider/model`, or only a model; empty when names nobody knows are to fail. */
  readonly defaultModel: string;
  readonly connectTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  /** `host:port` of the gRPC server; unused in standalone. */
  readonly grpcAddress: string;
}
