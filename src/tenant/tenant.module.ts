import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OwnedRows } from './owned-rows';
import { TenantController } from './tenant.controller';
import { TenantDeletion } from './tenant.deletion';
import { Tenant } from './tenant.entity';
import { TenantRepository } from './tenant.repository';
import { TenantService } from './tenant.service';
import { TenantUpkeep } from './tenant.upkeep';

/** Customers, from their making to their end. */
@Module({
  imports: [TypeOrmModule.forFeature([Tenant])],
  controllers: [TenantController],
  providers: [TenantService, TenantRepository, TenantDeletion, OwnedRows, TenantUpkeep],
  exports: [TenantService, TenantDeletion],
})
export class TenantModule {}
