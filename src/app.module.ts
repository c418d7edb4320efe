import { BenchmarkModule as BenchmarkLibrary, BenchmarkRegistry } from '@mira/benchmark';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { BenchmarkModule } from './benchmark/benchmark.module';
import { ConfigModule } from './config/config.module';
import type { MiraConfig } from './config/mira.config';
import type { DatabaseTarget } from './database/database-target';
import { DatabaseModule } from './database/database.module';
import { AlertModule } from './enterprise/alert/alert.module';
import { AuditModule } from './enterprise/audit/audit.module';
import { AnalyticsModule } from './enterprise/usage/analytics.module';
import { HealthModule } from './health/health.module';
import { LowerCaseIdPipe } from './lower-case-id.pipe';
import { MetricsModule } from './metrics/metrics.module';
import { N8nModule } from './n8n/n8n.module';
import { OutboundModule } from './outbound/outbound.module';
import { createProblemFilter } from './problem-filter';
import { createValidationPipe } from '@mira/problem';
import { ProjectModule } from './project/project.module';
import { RbacModule } from './rbac/rbac.module';
import { SlaModule } from './sla/sla.module';
import { TenantModule } from './tenant/tenant.module';
import { WebhookModule } from './webhook/webhook.module';

/** The table of contents. */
@Module({})
export class AppModule {
  static forRoot(config: MiraConfig, database: { target: DatabaseTarget; masterKey: Buffer }): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(database.target, database.masterKey),
        // A registry of its own: two Miras in one process, as in tests, do not count together.
        BenchmarkLibrary.forRoot(new BenchmarkRegistry()),
        // Before all others that have routes: Express looks through these one after the other, and most of what comes is webhooks.
        WebhookModule,
        OutboundModule,
        MetricsModule,
        HealthModule,
        TenantModule,
        AuditModule,
        RbacModule,
        AnalyticsModule,
        AlertModule,
        N8nModule,
        ProjectModule,
        BenchmarkModule,
        SlaModule,
      ],
      providers: [
        { provide: APP_FILTER, useFactory: createProblemFilter },
        { provide: APP_PIPE, useFactory: createValidationPipe },
        { provide: APP_PIPE, useClass: LowerCaseIdPipe },
      ],
    };
  }
}
