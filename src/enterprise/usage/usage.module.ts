import { Module } from '@nestjs/common';
import { ApiCalls } from './api-calls';
import { UsageClock } from './usage.clock';
import { UsageCounters } from './usage.counters';
import { UsageService } from './usage.service';

/** Counts what tenants use. Import it to count. */
@Module({
  providers: [UsageClock, UsageCounters, UsageService, ApiCalls],
  exports: [UsageClock, UsageCounters, UsageService],
})
export class UsageModule {}
