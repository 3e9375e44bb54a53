import type { FactoryProvider, Type } from '@nestjs/common';
import type { Datasets } from '../../../domain/ports.js';
import { DATASETS } from '../../tokens.js';
import { DifyChildChunksController } from './child-chunks.controller.js';
import { DifyDatasetsController } from './datasets.controller.js';
import { DifyDocumentChunks } from './document-chunks.js';
import { DifyDocumentTextsController } from './document-texts.controller.js';
import { DifyDocumentTexts } from './document-texts.js';
import { DifyDocumentsController } from './documents.controller.js';
import { DifyDownloadsController } from './downloads.controller.js';
import { DifyMetadataController } from './metadata.controller.js';
import { DifyPipelinesController } from './pipelines.controller.js';
import { DifyRetrieveController } from './retrieve.controller.js';
import { DifySegmentsController } from './segments.controller.js';
import { DifyTagsController } from './tags.controller.js';

/** The routes of Dify's dataset API. */
export const difyDatasetControllers: readonly Type[] = [
  DifyDatasetsController,
  DifyDocumentsController,
  DifyDocumentTextsController,
  DifySegmentsController,
  DifyChildChunksController,
  DifyRetrieveController,
  DifyTagsController,
  DifyMetadataController,
  DifyDownloadsController,
  DifyPipelinesController,
];

export const difyDatasetProviders: readonly FactoryProvider[] = [
  {
    provide: DifyDocumentTexts,
    inject: [DATASETS],
    useFactory: (datasets: Datasets) => new DifyDocumentTexts(datasets),
  },
  {
    provide: DifyDocumentChunks,
    inject: [DATASETS],
    useFactory: (datasets: Datasets) => new DifyDocumentChunks(datasets),
  },
];
