import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Field } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Datasets, Labels } from '../../../domain/ports.js';
import { Audited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { DATASETS, LABELS } from '../../tokens.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { difyFailure } from '../dify-error.js';
import { resultSchema, success } from './document.schemas.js';
import { told } from './found.js';
import {
  type AddFieldBody,
  addFieldSchema,
  builtInSchema,
  type DocumentsMetadataBody,
  documentsMetadataSchema,
  fieldSchema,
  fieldsSchema,
  type RenameFieldBody,
  renameFieldSchema,
} from './metadata.schemas.js';
import { unlessTaken } from './tags.controller.js';

@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets/:dataset')
export class DifyMetadataController {
  constructor(
    @Inject(LABELS) private readonly labels: Labels,
    @Inject(DATASETS) private readonly datasets: Datasets,
  ) {}

  @Get('metadata')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List the fields of documents’ metadata' })
  @ApiResponse({ status: 200, standardSchema: fieldsSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Param('dataset') datasetId: string) {
    const { fields, showsBuiltIn } = await this.labels.listFields({ tenantId, datasetId });
    const doc_metadata = fields.map((field) => ({ ...fieldView(field), count: field.documents }));
    return { doc_metadata, built_in_field_enabled: showsBuiltIn };
  }

  @Post('metadata')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('dataset', 'change')
  @HttpCode(201)
  @ApiOperation({ summary: 'Add a field' })
  @ApiResponse({ status: 201, standardSchema: fieldSchema })
  async add(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Body({ schema: addFieldSchema }) body: AddFieldBody,
  ) {
    return fieldView(told((await unlessTaken(this.labels.addField({ tenantId, datasetId, ...body }))).field));
  }

  @Patch('metadata/:field')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('dataset', 'change')
  @ApiOperation({ summary: 'Rename a field; its id and the values of documents stay' })
  @ApiResponse({ status: 200, standardSchema: fieldSchema })
  async rename(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('field') fieldId: string,
    @Body({ schema: renameFieldSchema }) { name }: RenameFieldBody,
  ) {
    const { field } = await unlessTaken(this.labels.renameField({ tenantId, datasetId, fieldId, name }));
    return fieldView(told(field));
  }

  @Delete('metadata/:field')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('dataset', 'change')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a field with the values of all documents' })
  @ApiResponse({ status: 204 })
  async delete(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('field') fieldId: string,
  ): Promise<void> {
    await this.labels.deleteField({ tenantId, datasetId, fieldId });
  }

  @Get('metadata/built-in')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List the fields that every document has' })
  @ApiResponse({ status: 200, standardSchema: builtInSchema })
  async builtIn(@Req() { tenantId }: FastifyRequest, @Param('dataset') datasetId: string) {
    const { builtIn } = await this.labels.listFields({ tenantId, datasetId });
    return { fields: builtIn.map(({ name, type }) => ({ name, type })) };
  }

  @Post('metadata/built-in/:action')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('dataset', 'change')
  @HttpCode(200)
  @ApiOperation({ summary: 'enable or disable the fields that every document has among its metadata' })
  @ApiResponse({ status: 200, standardSchema: resultSchema })
  async show(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('action') action: string,
  ) {
    if (action !== 'enable' && action !== 'disable')
      throw difyFailure('invalid_param', `"${action.slice(0, 50)}" is no action: enable and disable are.`, 'action');
    await this.labels.showBuiltInFields({ tenantId, datasetId, shown: action === 'enable' });
    return success;
  }

  @Post('documents/metadata')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'change')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give documents values for the fields of their metadata' })
  @ApiResponse({ status: 200, standardSchema: resultSchema })
  async assign(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Body({ schema: documentsMetadataSchema }) { operation_data: operations }: DocumentsMetadataBody,
  ) {
    const { fields } = await this.labels.listFields({ tenantId, datasetId });
    // Everything they name is there, or nothing is changed.
    const wanted = await Promise.all(
      operations.map(async ({ document_id: documentId, metadata_list, partial_update }) => {
        const { document } = await this.datasets.getDocument({ tenantId, datasetId, documentId });
        const given = Object.fromEntries(metadata_list.map((one) => [nameOf(one, fields), one.value ?? null]));
        const kept = partial_update ? (JSON.parse(told(document).metadataJson) as object) : {};
        return { documentId, metadataJson: JSON.stringify({ ...kept, ...given }) };
      }),
    );
    for (const one of wanted) await this.datasets.updateDocument({ tenantId, datasetId, ...one });
    return success;
  }
}

const fieldView = ({ id, name, type }: Field) => ({ id, name, type });

/** Clients name a field by its id, and its name beside. */
function nameOf({ id, name }: { id?: string | null | undefined; name?: string | null | undefined }, fields: Field[]) {
  const field = fields.find((one) => (id ? one.id === id : one.name === name));
  if (field) return field.name;
  throw FailureError.of('not_found', `There is no metadata field ${(id ?? name ?? '').slice(0, 100)}.`);
}
