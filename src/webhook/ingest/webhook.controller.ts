import { Public } from '@mira/access';
import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiParam, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiReceiving } from './api-receiving.decorator';
import type { SentRequest } from './sent-request';
import { WebhookReceiver } from './webhook.receiver';

/** Where webhooks come in that are written in an unusual way; see {@link StraightWay} for all others. */
@ApiTags('receiving')
@Controller('webhook')
@Public('every sender proves itself by its own scheme, which WebhookReceiver checks first')
export class WebhookController {
  constructor(private readonly receiver: WebhookReceiver) {}

  /** Receives a webhook by API key, or signed with `webhook.secret_key`. */
  @Post(':service')
  @HttpCode(202)
  @ApiReceiving()
  @ApiSecurity('bearer')
  @ApiSecurity('api-key')
  @ApiSecurity('secret-key')
  receive(@Req() request: SentRequest, @Res() response: Response): Promise<void> {
    return this.receiver.receive(request, response);
  }

  /** Receives a webhook at a tenant's own address, whose endpoint says how the sender proves itself. */
  @Post(':service/:endpoint_id')
  @HttpCode(202)
  @ApiReceiving()
  @ApiParam({ name: 'endpoint_id', schema: { type: 'string', format: 'uuid' } })
  receiveAtEndpoint(@Req() request: SentRequest, @Res() response: Response): Promise<void> {
    return this.receiver.receive(request, response);
  }
}
