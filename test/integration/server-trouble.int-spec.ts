import { describeOnEachDatabase } from '../support/databases';

describeOnEachDatabase('trouble of a server', (database) => {
  it('is heard of by whatever connection, with the failure of the statement', async () => {
    const { dataSource, target } = database();
    expect(target.trouble.recent).toEqual([]);
    const full = `DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`;
    await expect(dataSource.query(full)).rejects.toMatchObject({ code: '53100' });
    expect(target.trouble.recent).toEqual(['disk_full']);
    await expect(dataSource.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    expect(target.trouble.recent).toEqual(['disk_full']);
  });
});
