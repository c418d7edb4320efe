import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { ApiProblem } from '@mira/problem';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { BaselineNameDto, CompareQuery } from './baseline.dto';
import type { Baseline } from './baseline.repository';
import { BaselineList, BaselineView, BenchmarkList, BenchmarkView, ComparisonList } from './benchmark-view.dto';
import { BenchmarkService } from './benchmark.service';

/** What this process timed, and baselines of it. */
@ApiTags('benchmarks')
@Controller('api/v1/benchmarks')
@Allow('benchmark:read')
export class BenchmarkController {
  constructor(private readonly benchmarks: BenchmarkService) {}

  /** What this process timed since it started, in seconds; behind a load balancer, the process that answers. */
  @Get()
  list(): BenchmarkList {
    return { since: this.benchmarks.since.toISOString(), data: this.benchmarks.all() };
  }

  /** A baseline beside what this process timed since it started, with whether the difference is more than chance. */
  @Get('compare')
  @ApiProblem(404, 'The tenant has no baseline of that name.')
  async compare(@CurrentPrincipal() who: Principal, @Query() query: CompareQuery): Promise<ComparisonList> {
    const { baseline, comparisons } = await this.benchmarks.compareWith(who, query.baseline);
    return { baseline: baselineView(baseline), data: comparisons };
  }

  @Get('baselines')
  async baselines(@CurrentPrincipal() who: Principal): Promise<BaselineList> {
    return { data: (await this.benchmarks.list(who)).map(baselineView) };
  }

  /** Keeps the figures of this moment under a name, to compare with later. */
  @Post('baselines')
  @ApiProblem(409, 'There is a baseline of that name, or there are as many as may be.')
  async keep(@CurrentPrincipal() who: Principal, @Body() { name }: BaselineNameDto): Promise<BaselineView> {
    return baselineView(await this.benchmarks.keep(who, name));
  }

  @Delete('baselines/:name')
  @HttpCode(204)
  async delete(@CurrentPrincipal() who: Principal, @Param() { name }: BaselineNameDto): Promise<void> {
    await this.benchmarks.delete(who, name);
  }

  @Get(':name')
  one(@Param('name') name: string): BenchmarkView {
    return this.benchmarks.one(name);
  }
}

function baselineView({ name, taken_at, since, version, snapshot }: Baseline): BaselineView {
  const benchmarks = Object.keys(snapshot.benchmarks).toSorted();
  return { name, taken_at: taken_at.toISOString(), since: since.toISOString(), version, benchmarks };
}
