import { Public } from '@mira/access';
import { ApiProblem, problems } from '@mira/problem';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { EndpointDirectory } from '../endpoint/endpoint.directory';
import { findSource, serviceNames } from '../source/source.registry';

const probed = serviceNames.filter((service) => (findSource(service)?.probeMethods.length ?? 0) > 0);

/**
 * Answers senders that look whether an address is there before they send anything. They bring no proof, so that they
 * are told no more than a webhook without one would be: whether there is an endpoint that receives.
 */
@ApiTags('receiving')
@Controller('webhook/:service/:endpoint_id')
@Public('whether an endpoint is there is what the answer to any webhook sent there tells as well')
@ApiParam({ name: 'service', schema: { type: 'string', enum: probed } })
@ApiParam({ name: 'endpoint_id', schema: { type: 'string', format: 'uuid' } })
@ApiOkResponse({ description: 'The endpoint is there and enabled', schema: { type: 'object' } })
@ApiProblem(404, 'There is no such service or endpoint, or webhooks are not received.')
@ApiProblem(405, 'Its sender does not ask in this way: `Allow` says how it may.')
export class ProbeController {
  constructor(private readonly endpoints: EndpointDirectory) {}

  /** Tells a sender such as Trello, which asks by HEAD, that the endpoint is there. */
  @Get()
  async probe(@Param('service') service: string, @Param('endpoint_id') id: string): Promise<Record<string, never>> {
    const endpoint = await this.endpoints.find(id);
    if (!endpoint || endpoint.service !== service) throw problems.notFound('There is no such endpoint.');
    return {};
  }
}
