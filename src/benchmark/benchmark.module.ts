import { Module } from '@nestjs/common';
import { BaselineRepository } from './baseline.repository';
import { BenchmarkController } from './benchmark.controller';
import { BenchmarkService } from './benchmark.service';

/** Shows what the program times. It is timed where it happens, under names that stand there. */
@Module({
  controllers: [BenchmarkController],
  providers: [BaselineRepository, BenchmarkService],
})
export class BenchmarkModule {}
