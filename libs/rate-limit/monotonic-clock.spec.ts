import { MonotonicClock } from './monotonic-clock';

it('goes on from where it was when its source is set back, and follows it forward', () => {
  let source = 1_000;
  const clock = new MonotonicClock(() => source);
  source = 1_500;
  expect(clock.now()).toBe(500);
  source = 200;
  expect(clock.now()).toBe(500);
  source = 250;
  expect(clock.now()).toBe(550);
});
