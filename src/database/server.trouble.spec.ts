import { ServerTrouble } from './server.trouble';

describe('ServerTrouble', () => {
  let now = 0;
  let sut: ServerTrouble;
  beforeEach(() => {
    now = 0;
    sut = new ServerTrouble(() => now);
  });

  it('knows what is the trouble of the server, and not of a statement', () => {
    const told: string[] = [];
    sut.onNoted((reason) => told.push(reason));
    for (const code of ['53100', '53200', '53300', '58030']) sut.note(code);
    for (const code of ['23505', '42601', '57014', 'toString', '', undefined]) sut.note(code);
    expect(told).toEqual(['disk_full', 'out_of_memory', 'too_many_connections', 'disk_fails']);
  });

  it('forgets it a minute after it was last told of', () => {
    sut.note('53100');
    now = 30_000;
    sut.note('53300');
    expect(sut.recent).toEqual(['too_many_connections', 'disk_full']);
    now = 60_000;
    expect(sut.recent).toEqual(['too_many_connections']);
    sut.note('53100');
    now = 119_999;
    expect(sut.recent).toEqual(['disk_full']);
    now = 120_000;
    expect(sut.recent).toEqual([]);
  });
});
