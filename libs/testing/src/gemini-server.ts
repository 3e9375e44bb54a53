import { tokensOf } from './model-server-protocol.js';
import { sseEvent, type WireAnswer, type WireProtocol } from './wire-server.js';

const statuses: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

function errorBody(status: number, message: string) {
  return { error: { code: status, message, status: statuses[status] ?? 'INVALID_ARGUMENT' } };
}

/** Google's Gemini API. */
export const geminiProtocol: WireProtocol = {
  basePath: '/v1beta',
  contentType: 'text/event-stream',
  frames,
  errorBody,
  errorFrame: (message) => sseEvent(undefined, errorBody(503, message)),
  malformedFrame: 'data: {"candidates": [{"content\n\n',
  others: {
    'GET /v1beta/models': () => ({ models: [{ name: 'models/gemini-2.5-flash', displayName: 'Gemini 2.5 Flash' }] }),
    'POST /v1beta/models/gemini-embedding-001:batchEmbedContents': (body) => ({
      embeddings: (body as { requests: unknown[] }).requests.map((_, index) => ({ values: [index, 0.5] })),
    }),
  },
};

function frames({ text = '', reasoning = '', toolCall, usage, tooLong }: WireAnswer): string[] {
  const thoughts = usage?.reasoning ?? 0;
  const usageMetadata = {
    promptTokenCount: usage?.input ?? 0,
    candidatesTokenCount: (usage?.output ?? 0) - thoughts,
    totalTokenCount: (usage?.input ?? 0) + (usage?.output ?? 0),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    ...(usage?.cached && { cachedContentTokenCount: usage.cached }),
  };
  const chunk = (parts: object[], finishReason?: string) =>
    sseEvent(undefined, {
      candidates: [{ content: { parts, role: 'model' }, index: 0, ...(finishReason && { finishReason }) }],
      ...(usage && { usageMetadata }),
      modelVersion: 'gemini-2.5-flash',
      responseId: 'resp1',
    });
  return [
    ...tokensOf(reasoning).map((token) => chunk([{ text: token, thought: true }])),
    ...tokensOf(text).map((token) => chunk([{ text: token }])),
    ...(toolCall
      ? [chunk([{ functionCall: { name: toolCall.name, args: toolCall.arguments }, thoughtSignature: 'EjQKMgEM' }])]
      : []),
    chunk([{ text: '' }], tooLong ? 'MAX_TOKENS' : 'STOP'),
  ];
}
