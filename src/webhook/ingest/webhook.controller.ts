import { Public } from '@mira/access';
import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiParam, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { timedStage } from '../../metrics/server-timing';
import type { HandshakeAnswer } from '../source/source';
import { ApiReceiving } from './api-receiving.decorator';
import { IngestService } from './ingest.service';
import { rawBodyOf } from './raw-body';
import { ReceivedView } from './received.dto';
import { senderOf } from './sender';
import { SenderGuard } from './sender.guard';
import { WebhookRateLimitGuard } from './webhook-rate-limit.guard';

/** Where webhooks come in. The sender is proved first, then charged, and only then is the body looked at. */
@ApiTags('receiving')
@Controller('webhook')
@Public('every sender proves itself by its own scheme, which SenderGuard checks')
@UseGuards(SenderGuard, WebhookRateLimitGuard)
export class WebhookController {
  constructor(private readonly ingest: IngestService) {}

  /** Receives a webhook by API key, or signed with `webhook.secret_key`. */
  @Post(':service')
  @HttpCode(202)
  @ApiReceiving()
  @ApiSecurity('bearer')
  @ApiSecurity('api-key')
  @ApiSecurity('secret-key')
  receive(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReceivedView | HandshakeAnswer> {
    return this.accept(request, response);
  }

  /** Receives a webhook at a tenant's own address, whose endpoint says how the sender proves itself. */
  @Post(':service/:endpoint_id')
  @HttpCode(202)
  @ApiReceiving()
  @ApiParam({ name: 'endpoint_id', schema: { type: 'string', format: 'uuid' } })
  receiveAtEndpoint(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReceivedView | HandshakeAnswer> {
    return this.accept(request, response);
  }

  private async accept(request: Request, response: Response): Promise<ReceivedView | HandshakeAnswer> {
    const received = { headers: request.headers, body: rawBodyOf(request) };
    const accepted = await timedStage(request, 'store', () => this.ingest.accept(senderOf(request), received));
    if (accepted.kind !== 'accepted') response.status(200);
    if (accepted.kind === 'handshake') return accepted.answer;
    return { id: accepted.id, status: 'accepted', duplicate: accepted.kind === 'duplicate' };
  }
}
