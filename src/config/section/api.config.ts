import { Section, Setting } from '../setting/setting.decorator';
import { flag, wholeNumber } from '../setting/setting-kinds';

class ApiRateLimitConfig {
  @Setting(wholeNumber(1, 1_000_000_000), {
    about: 'Management requests that one key or person may make in a window, in each process.',
  })
  readonly max_requests: number = 1_200;

  @Setting(wholeNumber(1, 1_000_000_000), {
    about: 'Management requests without a valid credential that one address may make in a window, in each process.',
  })
  readonly max_anonymous_requests: number = 300;

  @Setting(wholeNumber(1, 86_400), { about: 'Seconds in which both are full again.' })
  readonly window_seconds: number = 60;
}

/** How much of the management API a caller may ask for. */
export class ApiConfig {
  @Setting(flag(), { about: 'Whether management requests are limited.' })
  readonly rate_limit_enabled: boolean = true;

  @Section(ApiRateLimitConfig)
  readonly rate_limit: ApiRateLimitConfig = new ApiRateLimitConfig();
}
