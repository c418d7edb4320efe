import { Turns } from '../../src/database/turns';
import { describeOnEachDatabase } from '../support/databases';

describeOnEachDatabase('turns', (database) => {
  let [one, other]: Turns[] = [];
  beforeEach(async () => {
    [one, other] = [new Turns(database().dataSource), new Turns(database().dataSource)];
    await database().dataSource.query('DELETE FROM turns');
  });

  it('are one process’s at a time, each by its name', async () => {
    expect(await one?.take('a', 60)).toBe(true);
    expect(await other?.take('a', 60)).toBe(false);
    expect(await other?.take('b', 60)).toBe(true);
  });

  it('go on for who has them, and end when they are given back', async () => {
    await one?.take('a', 60);
    expect(await one?.take('a', 60)).toBe(true);
    await other?.giveBack('a');
    expect(await other?.take('a', 60)).toBe(false);
    await one?.giveBack('a');
    expect(await other?.take('a', 60)).toBe(true);
  });

  it('are somebody else’s when their time is over, and not the first one’s any more', async () => {
    await one?.take('a', 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await other?.take('a', 60)).toBe(true);
    expect(await one?.take('a', 60)).toBe(false);
    await one?.giveBack('a');
    expect(await one?.take('a', 60)).toBe(false);
  });
});
