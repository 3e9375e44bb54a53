import type * as messages from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import { builtIn, type Field, type Labels, type Tag } from '../domain/labels.js';

/** Tags and metadata fields, for callers in this process or over gRPC. */
export class LabelController implements Handlers<typeof messages.LabelServiceService> {
  constructor(private readonly labels: Labels) {}

  async listTags({ tenantId }: messages.ListTagsRequest): Promise<messages.ListTagsResponse> {
    return { tags: (await this.labels.tags(tenantId)).map(tagMessage) };
  }

  async createTag({ tenantId, name }: messages.CreateTagRequest): Promise<messages.CreateTagResponse> {
    return { tag: tagMessage(await this.labels.addTag(tenantId, name)) };
  }

  async renameTag({ tenantId, tagId, name }: messages.RenameTagRequest): Promise<messages.RenameTagResponse> {
    return { tag: tagMessage(await this.labels.renameTag(tenantId, tagId, name)) };
  }

  async deleteTag({ tenantId, tagId }: messages.DeleteTagRequest): Promise<messages.DeleteTagResponse> {
    await this.labels.deleteTag(tenantId, tagId);
    return {};
  }

  async bindTags(request: messages.BindTagsRequest): Promise<messages.BindTagsResponse> {
    await this.labels.bind(request.tenantId, request.datasetId, request.tagIds, request.bound);
    return {};
  }

  async listFields({ tenantId, datasetId }: messages.ListFieldsRequest): Promise<messages.ListFieldsResponse> {
    const { fields, showsBuiltIn } = await this.labels.fields(tenantId, datasetId);
    return { fields: fields.map(fieldMessage), builtIn: builtIn.map(fieldMessage), showsBuiltIn };
  }

  async addField(request: messages.AddFieldRequest): Promise<messages.AddFieldResponse> {
    const { tenantId, datasetId, name, type } = request;
    return { field: fieldMessage(await this.labels.addField(tenantId, datasetId, name, type)) };
  }

  async renameField(request: messages.RenameFieldRequest): Promise<messages.RenameFieldResponse> {
    const { tenantId, datasetId, fieldId, name } = request;
    return { field: fieldMessage(await this.labels.renameField(tenantId, datasetId, fieldId, name)) };
  }

  async deleteField(request: messages.DeleteFieldRequest): Promise<messages.DeleteFieldResponse> {
    await this.labels.deleteField(request.tenantId, request.datasetId, request.fieldId);
    return {};
  }

  async showBuiltInFields(request: messages.ShowBuiltInFieldsRequest): Promise<messages.ShowBuiltInFieldsResponse> {
    await this.labels.showBuiltIn(request.tenantId, request.datasetId, request.shown);
    return {};
  }
}

const tagMessage = ({ datasetIds, ...tag }: Tag): messages.Tag => ({ ...tag, datasetIds: [...datasetIds] });
const fieldMessage = (field: Field): messages.Field => ({ ...field });
