import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';

/** Describes the API at `/api/docs`, for people, and as OpenAPI 3.1 at `/api/docs-json`. */
export function serveApiDocs(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Treadle')
    .setDescription('Durable LLM workflows: import them, run them, follow their runs.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: `tk_…`' })
    .build();
  const factory = () => SwaggerModule.createDocument(app, config, { standardSchemaConverter: convertSchema });
  SwaggerModule.setup('api/docs', app, factory, { customSiteTitle: 'Treadle API' });
}

/** OpenAPI 3.1 takes JSON Schema as it is; a schema with an id becomes a component. */
function convertSchema(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { $defs, $schema: _, ...json } = z.toJSONSchema(schema, { io: schemaType, unrepresentable: 'any' });
  return { schema: json, components: $defs };
}
