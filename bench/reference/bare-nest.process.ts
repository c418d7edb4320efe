import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import { announce } from '../support/service-process.ts';

/**
 * What Mira is measured against: the same framework with nothing in it but a handler that takes a parsed JSON body
 * and answers 202. Nothing is proved, limited or stored. Node runs this file as it is and knows no decorator syntax,
 * so that they are applied by hand.
 */
class WebhookController {
  receive(_body: unknown): { id: string; status: string; duplicate: boolean } {
    return { id: randomUUID(), status: 'accepted', duplicate: false };
  }
}
const receive = Object.getOwnPropertyDescriptor(WebhookController.prototype, 'receive') ?? {};
Post('webhook')(WebhookController.prototype, 'receive', receive);
HttpCode(202)(WebhookController.prototype, 'receive', receive);
Body()(WebhookController.prototype, 'receive', 0);
Controller()(WebhookController);

class BareModule {}
Module({ controllers: [WebhookController] })(BareModule);

const app = await NestFactory.create(BareModule, { logger: false });
await app.init();
announce(app.getHttpServer());
