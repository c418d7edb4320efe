import { Setting } from '../setting/setting.decorator';
import { decimal, decimalList, wholeNumber } from '../setting/setting-kinds';

/** How deliveries are attempted. */
export class DeliveryConfig {
  @Setting(wholeNumber(1, 1_000), { about: 'Attempts that one process has under way at a time.' })
  readonly concurrency: number = 64;

  @Setting(wholeNumber(100, 600_000), { about: 'Milliseconds that one attempt may take.' })
  readonly timeout_ms: number = 15_000;

  @Setting(decimalList(0, 2_592_000, 100), {
    about: 'Seconds to wait before each attempt, counted from the one before; the first is attempt 1.',
  })
  readonly retry_schedule_seconds: readonly number[] = [0, 5, 30, 120, 600, 1_800, 7_200, 21_600, 57_600, 172_800];

  @Setting(decimal(0, 0.5), { about: 'How far a wait is moved at random, as a part of it: 0.2 is ±20 %.' })
  readonly retry_jitter: number = 0.2;

  @Setting(decimal(0.01, 3_600), {
    about: 'Seconds until a receiver that cannot take deliveries is first tried again; doubled after each try.',
  })
  readonly probe_first_seconds: number = 1;

  @Setting(decimal(0.01, 86_400), { about: 'The most seconds between two such tries.' })
  readonly probe_max_seconds: number = 30;

  @Setting(wholeNumber(1, 1_000), {
    about: 'Failures of an integration in a row (5xx, 429, no answer in time) after which its deliveries are held.',
  })
  readonly breaker_failures: number = 5;
}
