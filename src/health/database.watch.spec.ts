import { BenchmarkRegistry } from '@mira/benchmark';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { MiraConfig } from '../config/mira.config';
import type { DatabaseTarget } from '../database/database-target';
import { ServerTrouble } from '../database/server.trouble';
import { MetricsService } from '../metrics/metrics.service';
import { DatabaseWatch } from './database.watch';

describe('DatabaseWatch', () => {
  let trouble: ServerTrouble;
  let metrics: MetricsService;
  let sut: DatabaseWatch;
  /** How far the database is behind. */
  let behindMs: number;
  let takesMs: number;
  const lines: unknown[] = [];

  beforeEach(() => {
    [behindMs, takesMs, lines.length] = [0, 0, 0];
    jest.useFakeTimers();
    for (const level of ['warn', 'log'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((...said: unknown[]) => void lines.push(said[0]));
    }
    trouble = new ServerTrouble();
    metrics = new MetricsService(new MiraConfig(), new BenchmarkRegistry());
    const query = async () => {
      jest.setSystemTime(Date.now() + takesMs / 2);
      const now = (Date.now() - behindMs) / 1_000;
      jest.setSystemTime(Date.now() + takesMs / 2);
      return [{ now }];
    };
    sut = new DatabaseWatch({ query } as unknown as DataSource, { trouble } as DatabaseTarget, metrics);
    sut.onApplicationBootstrap();
  });
  afterEach(() => {
    sut.onModuleDestroy();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const look = () => jest.advanceTimersByTimeAsync(30_000);

  it('has nothing to say where all is well', async () => {
    await look();
    expect(sut.complaint).toBeNull();
    expect(sut.clockAheadSeconds).toBe(0);
    expect(lines).toEqual([]);
  });

  it.each([
    [12_340, 'the clock of this process is 12.3 s ahead of the clock of the database'],
    [-3_600_000, 'the clock of this process is 3600.0 s behind the clock of the database'],
  ])('tells once of clocks that are apart (%i ms), and once when they agree again', async (ms, words) => {
    behindMs = ms;
    await look();
    await look();
    expect(sut.complaint).toBe(words);
    expect(sut.clockAheadSeconds).toBe(Math.round(ms / 100) / 10);
    expect(lines).toEqual([{ msg: words }]);
    behindMs = 0;
    await look();
    expect(sut.complaint).toBeNull();
    expect(lines.slice(1)).toEqual([{ msg: 'the clocks of this process and of the database agree again' }]);
  });

  it('does not take the time of the way for a difference', async () => {
    [behindMs, takesMs] = [9_000, 4_000];
    await look();
    expect(sut.clockAheadSeconds).toBe(9);
    behindMs = 11_000;
    await look();
    expect(sut.complaint).toBeNull();
    behindMs = 13_000;
    await look();
    expect(sut.complaint).toContain('13.0 s ahead');
  });

  it('has a gauge that looks', async () => {
    behindMs = 2_500;
    expect(await metrics.prometheusText()).toContain('\nmira_clock_ahead_seconds 2.5\n');
  });

  it('says what the server says is wrong with it, counts it, and logs it once a minute', async () => {
    for (let n = 0; n < 3; n++) trouble.note('53100');
    expect(sut.complaint).toBe('the database has no room left on its disk: what is new may not be stored');
    const told = {
      msg: 'the database has no room left on its disk: what is new may not be stored',
      reason: 'disk_full',
    };
    expect(lines).toEqual([told]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(sut.complaint).toBeNull();
    trouble.note('53100');
    expect(lines).toEqual([told, told]);
    expect(await metrics.prometheusText()).toContain('\nmira_database_troubles_total{reason="disk_full"} 4\n');
  });

  it('goes on where the database cannot be asked', async () => {
    const away = { query: () => Promise.reject(new Error('away')) } as unknown as DataSource;
    const other = new DatabaseWatch(
      away,
      { trouble } as DatabaseTarget,
      new MetricsService(new MiraConfig(), new BenchmarkRegistry()),
    );
    other.onApplicationBootstrap();
    await look();
    expect(other.complaint).toBeNull();
    other.onModuleDestroy();
  });
});
