import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { addCodeSamples, type Description } from '../docs/code-samples.js';
import { referencePage } from '../docs/reference-page.js';

const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Describes the API at `/api/docs`, where it can be tried, at `/api/docs/reference` with examples, and as OpenAPI 3.1 at `/api/docs-json`. */
export function serveApiDocs(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Treadle')
    .setDescription('Durable LLM workflows: import them, run them, follow their runs.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: `tk_…`' })
    .build();
  let made: ReturnType<typeof SwaggerModule.createDocument> | undefined;
  const factory = () => {
    if (made) return made;
    made = SwaggerModule.createDocument(app, config, { standardSchemaConverter: convertSchema });
    addCodeSamples(made as unknown as Description);
    return made;
  };
  let page: string | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get('/api/docs/reference', (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', pagePolicy)
        .send((page ??= referencePage(factory() as unknown as Description))),
    );
  SwaggerModule.setup('api/docs', app, factory, { customSiteTitle: 'Treadle API' });
}

/** OpenAPI 3.1 takes JSON Schema as it is; a schema with an id becomes a component. */
function convertSchema(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { $defs, $schema: _, ...json } = z.toJSONSchema(schema, { io: schemaType, unrepresentable: 'any' });
  return { schema: json, components: $defs };
}
