export * from './capabilities.js';
export * from './catalog.js';
export { type CodeConfig, codeConfigSchema } from './code/code.descriptor.js';
export * from './define-node.js';
export * from './executors.js';
export * from './files/file.js';
export * from './files/file-input.js';
export { type HttpRequestConfig, httpRequestConfigSchema } from './http-request/http-request.descriptor.js';
export { type LlmConfig, llmConfigSchema } from './llm/llm.descriptor.js';
export {
  isPlainTemplate,
  maxRenderedLength,
  maxTemplateFuel,
  renderedTooLong,
  renderPlain,
  templateFailure,
} from './render-jinja.js';
export { type CronExpression, parseCron } from './schedule/cron.js';
export { nextMoment } from './schedule/next-moment.js';
export { type ScheduleConfig, scheduleConfigSchema } from './schedule/schedule.descriptor.js';
export { TimeZone } from './schedule/time-zone.js';
export * from './start/check-inputs.js';
export { type InputVariable, type StartConfig, startConfigSchema } from './start/start.descriptor.js';
export { fitsType } from './variable-types.js';
export { checkWebhookRequest, type WebhookRequest } from './webhook/check-request.js';
export { type WebhookConfig, webhookConfigSchema } from './webhook/webhook.descriptor.js';
