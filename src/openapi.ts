import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { version } from '../package.json';

/** The description of the REST interface at /docs/openapi.json, and a page to read it at /docs. */
export function publishOpenApi(app: NestExpressApplication): void {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Mira')
    .setDescription('A multi-tenant webhook gateway for teams that run n8n.')
    .setVersion(version)
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'An access token of `POST /api/v1/auth/login`, or an API key',
    })
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'api-key')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('api-key')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, about), {
    jsonDocumentUrl: 'docs/openapi.json',
    customSiteTitle: 'Mira API',
  });
}
