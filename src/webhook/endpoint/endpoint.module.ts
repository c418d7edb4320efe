import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EndpointController } from './endpoint.controller';
import { EndpointDirectory } from './endpoint.directory';
import { EndpointRepository } from './endpoint.repository';
import { EndpointService } from './endpoint.service';
import { PublicAddress } from './public-address';
import { WebhookEndpoint } from './webhook-endpoint.entity';

/** A tenant's receiving addresses. Receiving finds them through the directory. */
@Module({
  imports: [TypeOrmModule.forFeature([WebhookEndpoint])],
  controllers: [EndpointController],
  providers: [EndpointService, EndpointRepository, EndpointDirectory, PublicAddress],
  exports: [EndpointDirectory, PublicAddress],
})
export class EndpointModule {}
