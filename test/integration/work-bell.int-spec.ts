import { MiraConfig } from '../../src/config/mira.config';
import { WorkBell } from '../../src/webhook/delivery/queue/work.bell';
import { describeOnEachDatabase } from '../support/databases';
import { eventually } from '../support/eventually';

describeOnEachDatabase('the bell between processes', (database) => {
  const bells: WorkBell[] = [];
  const aBell = (config = new MiraConfig()): WorkBell => {
    const bell = new WorkBell(database().dataSource, database().target, config);
    bells.push(bell);
    return bell;
  };
  afterEach(async () => {
    for (const bell of bells.splice(0)) await bell.onApplicationShutdown();
  });

  it('is heard by all who listen, once for many rings at a time, and anew when the connection was lost', async () => {
    if (database().kind === 'embedded') return;
    const heard = [0, 0];
    heard.forEach((_, n) => aBell().listen(() => (heard[n] = (heard[n] ?? 0) + 1)));
    // Each begins as if it had missed one.
    await eventually(() => expect(heard).toEqual([1, 1]));
    const ringer = aBell();
    for (let n = 0; n < 10; n++) ringer.ring();
    await eventually(() => expect(heard).toEqual([2, 2]));
    await database().dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'mira-bell' AND datname = current_database()`,
    );
    await eventually(() => expect(heard).toEqual([3, 3]));
    ringer.ring();
    await eventually(() => expect(heard).toEqual([4, 4]));
  });

  it('is silent where there is one process, and where a pooler keeps no sessions', async () => {
    const config = new MiraConfig();
    Object.assign(config.database, { transaction_pooling: true });
    const sut = database().kind === 'embedded' ? aBell() : aBell(config);
    let heard = 0;
    sut.listen(() => heard++);
    sut.ring();
    const open = `SELECT FROM pg_stat_activity WHERE application_name = 'mira-bell' AND datname = current_database()`;
    expect(await database().dataSource.query(open)).toEqual([]);
    expect(heard).toBe(0);
  });
});
