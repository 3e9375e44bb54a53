import { FailureError } from '@treadle/failure';
import { OpenAiCompatibleProvider } from '../openai-compatible/index.js';
import type { AzureOptions } from './options.js';

/** OpenAI's models in an Azure resource, where the name of a model is the name of a deployment. */
export class AzureOpenAiProvider extends OpenAiCompatibleProvider {
  constructor(private readonly azure: AzureOptions) {
    super(azure.server);
  }

  override async listModels(): Promise<readonly string[]> {
    if (this.azure.deployments.length > 0) return this.azure.deployments;
    const message = `The provider "${this.name}" is an Azure resource, which does not list its deployments.`;
    throw FailureError.of('provider_rejected', message);
  }
}
