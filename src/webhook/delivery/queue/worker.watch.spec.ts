import { WorkerWatch } from './worker.watch';

const LOOK_MS = 10_000;

/** A worker that last looked for work when the test says. */
function aWatch() {
  const worker = { state: { running: true, idleMs: 0, underWay: 0 } };
  const told: string[] = [];
  const sut = new WorkerWatch(worker);
  sut.onStandstill(({ message }) => told.push(message));
  sut.onApplicationBootstrap();
  const looks = async (...idleMs: number[]) => {
    for (const ms of idleMs) {
      worker.state.idleMs = ms;
      await jest.advanceTimersByTimeAsync(LOOK_MS);
    }
  };
  return { sut, worker, told, looks };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('says so when the worker stands still', async () => {
  const { sut, told, looks } = aWatch();
  await looks(59_000, 69_000, 79_000);
  expect(told).toEqual([]);
  await looks(89_000);
  expect(told).toEqual(['The worker has stood still for 89 s']);
  sut.onModuleDestroy();
});

it('lets a process go on that was halted', async () => {
  const { sut, told, looks } = aWatch();
  await looks(3_600_000, 3_600_000, 100, 3_600_000, 3_600_000, 100);
  expect(told).toEqual([]);
  sut.onModuleDestroy();
});

it('asks nothing of a process that does not deliver', async () => {
  const { sut, worker, told, looks } = aWatch();
  worker.state.running = false;
  await looks(100_000, 200_000, 300_000, 400_000);
  expect(told).toEqual([]);
  sut.onModuleDestroy();
});
