import type { FactoryProvider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { BoundAccess } from '../../domain/access/bound-access.js';
import { Credentials } from '../../domain/access/credentials.js';
import { OpenCredentials } from '../../domain/access/open-credentials.js';
import { RateLimits } from '../../domain/rate-limits/rate-limits.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { GraphqlController } from './graphql.controller.js';
import { managementSchema } from './management-schema.js';
import { PersistedQueries } from './persisted-queries.js';
import { OperationPreparer } from './prepare-operation.js';
import { FieldReader } from './read-field.js';
import { GraphqlSockets } from './socket/graphql-sockets.js';

export const graphqlControllers = [GraphqlController];

export const graphqlProviders: FactoryProvider[] = [
  {
    provide: FieldReader,
    inject: [BoundAccess, ModuleRef],
    useFactory: (bounds: BoundAccess, modules: ModuleRef) =>
      new FieldReader(bounds, (controller) => modules.get<object>(controller, { strict: false })),
  },
  {
    provide: OperationPreparer,
    inject: [FieldReader],
    useFactory: (reader: FieldReader) =>
      new OperationPreparer(managementSchema(reader), new PersistedQueries(Date.now)),
  },
  {
    provide: GraphqlSockets,
    inject: [OperationPreparer, Credentials, RateLimits, AuditTrail, OpenCredentials],
    useFactory: (...parts: ConstructorParameters<typeof GraphqlSockets>) => new GraphqlSockets(...parts),
  },
];
