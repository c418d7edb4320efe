import type { Actor, AuditAct } from '@mira/audit';
import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { auditEntryView } from '../../src/enterprise/audit/audit-view.dto';
import { AuditUpkeep } from '../../src/enterprise/audit/audit.upkeep';
import { verifyTrails } from '../../src/enterprise/audit/verify.command';
import type { Tier } from '../../src/tenant/tenant.entity';
import { auditOn } from '../support/audited';
import { describeOnEachDatabase } from '../support/databases';

const DAY_MS = 86_400_000;

describeOnEachDatabase('the audit trail', (database) => {
  let sut: ReturnType<typeof auditOn>;
  let ada: Actor;

  beforeEach(async () => {
    sut = auditOn(database());
    ada = await aMember();
  });

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);
  const verified = () => sut.verifier.verify(ada.tenantId);

  async function aMember(tier: Tier = 'enterprise'): Promise<Actor> {
    const [tenantId, userId] = [newId(), newId()];
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', $2)`, [tenantId, tier]);
    const origin = { address: '192.0.2.7', userAgent: 'curl/8', requestId: 'r-1' };
    return { tenantId, userId, apiKeyId: null, origin };
  }

  const anAct = (act: Partial<AuditAct> = {}): AuditAct => ({
    action: 'user.updated',
    resourceType: 'user',
    resourceId: newId(),
    before: { username: 'ada', role: 'viewer' },
    after: { username: 'ada', email: 'ada@example.com', role: 'admin' },
    ...act,
  });

  async function record(count = 1, who = ada, act = anAct()): Promise<void> {
    for (let i = 0; i < count; i++) {
      await database().tenants.transaction(who.tenantId, (manager) => sut.log.record(manager, who, act));
    }
  }

  async function recordAt(daysAgo: number, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const at = new Date(Date.now() - daysAgo * DAY_MS);
      await database().tenants.transaction(ada.tenantId, (manager) => sut.log.recordAt(manager, ada, anAct(), at));
    }
  }

  async function entries(tenantId = ada.tenantId) {
    const rows = await database().tenants.transaction(tenantId, (manager) =>
      sut.entries.list(manager, tenantId, {}, { limit: 1_000, before: null }),
    );
    return rows.map(auditEntryView);
  }

  const idOf = async (seq: number) => (await entries()).find((entry) => entry.seq === seq)?.id;

  /** What somebody does who owns the database. */
  async function tamper(table: string, statement: string, values: unknown[] = [ada.tenantId]): Promise<void> {
    await sql(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    try {
      await sql(statement, values);
    } finally {
      await sql(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    }
  }

  it('tells who did what to what, from where, before and after', async () => {
    const act = anAct();
    await record(1, ada, act);
    expect(await entries()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        seq: 1,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        action: 'user.updated',
        outcome: 'allowed',
        resource_type: 'user',
        resource_id: act.resourceId,
        user_id: ada.userId,
        api_key_id: null,
        home_tenant_id: null,
        request_id: 'r-1',
        address: '192.0.2.7',
        user_agent: 'curl/8',
        before: { username: 'ada', role: 'viewer' },
        after: { username: 'ada', email: 'ada@example.com', role: 'admin' },
        erased_at: null,
      },
    ]);
    expect(await verified()).toEqual({ entries: 1, firstBroken: null, checkpoint: null });
  });

  it('of a tenant without entries is whole', async () => {
    expect(await verified()).toEqual({ entries: 0, firstBroken: null, checkpoint: null });
  });

  it('goes back with the act', async () => {
    await record();
    const work = database().tenants.transaction(ada.tenantId, async (manager) => {
      await sut.log.record(manager, ada, anAct());
      throw new Error('undone');
    });
    await expect(work).rejects.toThrow('undone');
    await record();
    expect((await entries()).map(({ seq }) => seq)).toEqual([2, 1]);
    expect(await verified()).toMatchObject({ entries: 2, firstBroken: null });
  });

  it('keeps no text that its database could not search', async () => {
    const act = anAct({ resourceId: 'a\0b\ud800', after: { 'n\0me': 'x\0y \udfff "\n' } });
    await record(1, ada, act);
    expect(await entries()).toMatchObject([
      { resource_id: 'a\ufffdb\ufffd', after: { 'n\ufffdme': 'x\ufffdy \ufffd "\n' } },
    ]);
    expect(await verified()).toMatchObject({ entries: 1, firstBroken: null });
  });

  it('is one chain, however many write at the same time', async () => {
    const writers = Array.from({ length: 8 }, async () => record(15));
    await Promise.all(writers);
    expect((await entries()).map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, i) => 120 - i));
    expect(await verified()).toMatchObject({ entries: 120, firstBroken: null, checkpoint: { seq: 120 } });
  });

  describe('names the first entry that is not as it was:', () => {
    beforeEach(() => record(12));

    it('one byte of its content', async () => {
      const id = await idOf(5);
      const changed = `UPDATE audit_logs SET content = replace(content::text, '"admin"', '"admiN"')::json`;
      await tamper('audit_logs', `${changed} WHERE tenant_id = $1 AND seq = 5`);
      expect(await verified()).toMatchObject({ entries: 4, firstBroken: { seq: 5, id, reason: 'entry_altered' } });
    });

    it('a space that says nothing in it', async () => {
      const changed = `UPDATE audit_logs SET content = (content::text || ' ')::json`;
      await tamper('audit_logs', `${changed} WHERE tenant_id = $1 AND seq = 12`);
      expect(await verified()).toMatchObject({ firstBroken: { seq: 12, reason: 'entry_altered' } });
    });

    it('its personal data, changed or taken away without being erased', async () => {
      const id = await idOf(3);
      const changed = `UPDATE audit_logs SET personal = replace(personal::text, '192.0.2.7', '192.0.2.8')::json`;
      await tamper('audit_logs', `${changed} WHERE tenant_id = $1 AND seq = 3`);
      const broken = { seq: 3, id, reason: 'personal_data_altered' };
      expect(await verified()).toMatchObject({ firstBroken: broken });
      await tamper('audit_logs', 'UPDATE audit_logs SET personal = NULL WHERE tenant_id = $1 AND seq = 3');
      expect(await verified()).toMatchObject({ firstBroken: broken });
    });

    it('a hash made anew for it, which the next one does not follow from', async () => {
      await tamper(
        'audit_logs',
        `UPDATE audit_logs SET hash = sha256(convert_to(content::text, 'UTF8')) WHERE tenant_id = $1 AND seq = 5`,
      );
      expect(await verified()).toMatchObject({ firstBroken: { seq: 5, reason: 'entry_altered' } });
    });

    it('one that was removed', async () => {
      await tamper('audit_logs', 'DELETE FROM audit_logs WHERE tenant_id = $1 AND seq = 5');
      expect(await verified()).toMatchObject({
        entries: 4,
        firstBroken: { seq: 5, id: null, reason: 'entry_missing' },
      });
    });

    it('the first ones, removed as retention would', async () => {
      await sut.keeper.seal();
      await tamper('audit_logs', 'DELETE FROM audit_logs WHERE tenant_id = $1 AND seq <= 5');
      expect(await verified()).toMatchObject({ firstBroken: { seq: 1, id: null, reason: 'entry_missing' } });
    });

    it('the last ten removed together with the head, by the checkpoint', async () => {
      await tamper('audit_logs', 'DELETE FROM audit_logs WHERE tenant_id = $1 AND seq > 2');
      await tamper(
        'audit_heads',
        `UPDATE audit_heads h SET seq = 2, hash = (SELECT hash FROM audit_logs l WHERE l.tenant_id = h.tenant_id AND l.seq = 2)
         WHERE tenant_id = $1`,
      );
      expect(await verified()).toMatchObject({
        entries: 2,
        firstBroken: { seq: 3, id: null, reason: 'entry_missing' },
      });
      // Nor does it help to go on from there.
      await record(12);
      expect(await verified()).toMatchObject({ firstBroken: { seq: 10, reason: 'checkpoint_contradicts' } });
    });

    it('the last ten removed without a checkpoint, by the head', async () => {
      await tamper('audit_logs', 'DELETE FROM audit_logs WHERE tenant_id = $1 AND seq > 2');
      expect(await verified()).toMatchObject({ firstBroken: { seq: 3, id: null, reason: 'entry_missing' } });
    });

    it('a checkpoint that was forged', async () => {
      await sut.keeper.seal();
      expect(await verified()).toMatchObject({ firstBroken: null, checkpoint: { seq: 12 } });
      await tamper(
        'audit_checkpoints',
        `UPDATE audit_checkpoints SET signature = sha256(signature) WHERE tenant_id = $1`,
      );
      const id = await idOf(10);
      expect(await verified()).toMatchObject({ firstBroken: { seq: 10, id, reason: 'checkpoint_forged' } });
    });

    it('a checkpoint of another tenant, or one for what never was', async () => {
      const other = await aMember();
      await record(12, other);
      await sut.keeper.seal();
      await tamper('audit_checkpoints', 'DELETE FROM audit_checkpoints WHERE tenant_id = $1');
      await sql(
        `INSERT INTO audit_checkpoints SELECT $1, kind, seq + 8, hash, signed_at, signature FROM audit_checkpoints
         WHERE tenant_id = $2 AND seq = 12`,
        [ada.tenantId, other.tenantId],
      );
      expect(await verified()).toMatchObject({ firstBroken: { seq: 20, id: null, reason: 'checkpoint_forged' } });
    });

    it('that the checkpoint of every hundredth is gone', async () => {
      await record(90);
      expect(await verified()).toMatchObject({ entries: 102, firstBroken: null, checkpoint: { seq: 100 } });
      await tamper('audit_checkpoints', 'DELETE FROM audit_checkpoints WHERE tenant_id = $1');
      expect(await verified()).toMatchObject({ firstBroken: { seq: 100, reason: 'checkpoint_missing' } });
    });
  });

  it('is verified on the command line, for one tenant or for all', async () => {
    await record(3);
    const other = await aMember();
    await record(2, other);
    const { dataSource, cipher } = database();
    const lines: string[] = [];
    const out = (line: string) => void lines.push(line);
    expect(await verifyTrails(dataSource, cipher, ada.tenantId, { out })).toBe(true);
    expect(lines).toEqual([`${ada.tenantId}  valid   3 entries, not sealed yet`]);
    const id = await idOf(2);
    await tamper(
      'audit_logs',
      `UPDATE audit_logs SET content = '{"id":"${id}","at_ms":1,"action":"a","resource_type":"a"}'
      WHERE tenant_id = $1 AND seq = 2`,
    );
    expect(await verifyTrails(dataSource, cipher, other.tenantId, { out })).toBe(true);
    lines.length = 0;
    expect(await verifyTrails(dataSource, cipher, undefined, { out })).toBe(false);
    expect(lines).toContain(
      `${ada.tenantId}  BROKEN  at entry 2 (${id}): entry_altered; 1 before it are valid, not sealed yet`,
    );
    expect(lines).toContain(`${other.tenantId}  valid   2 entries, not sealed yet`);
  });

  it('has no seal put on a head that does not stand on its entry', async () => {
    await record(3);
    await tamper('audit_logs', 'DELETE FROM audit_logs WHERE tenant_id = $1 AND seq = 3');
    expect((await sut.keeper.seal()).map(({ tenantId }) => tenantId)).not.toContain(ada.tenantId);
  });

  it('loses who somebody was when they are erased, and nothing else', async () => {
    const other = { ...ada, userId: newId() };
    await record(2);
    await record(1, other);
    expect(await sut.keeper.erase(ada.tenantId, ada.userId ?? '')).toBe(2);
    const [theirs, erased] = await entries();
    expect(theirs).toMatchObject({ address: '192.0.2.7', after: { username: 'ada' }, erased_at: null });
    expect(erased).toMatchObject({
      user_id: ada.userId,
      address: null,
      user_agent: null,
      before: { role: 'viewer' },
      after: { role: 'admin' },
      erased_at: expect.any(String),
    });
    expect(erased?.after).not.toHaveProperty('email');
    const [row] = await sql('SELECT content::text, personal, personal_salt FROM audit_logs WHERE tenant_id = $1', [
      ada.tenantId,
    ]);
    expect(row).toMatchObject({ personal: null, personal_salt: null });
    expect(JSON.stringify(row)).not.toMatch(/192\.0\.2\.7|ada@|curl/);
    expect(await verified()).toMatchObject({ entries: 3, firstBroken: null });
  });

  it('loses who somebody was also where others did something to them', async () => {
    const subject = newId();
    await record(1, ada, anAct({ resourceId: subject }));
    expect(await sut.keeper.erase(ada.tenantId, subject)).toBe(1);
  });

  describe('keeps its old entries for as long as it should:', () => {
    const before = () => new Date(Date.now() - 400 * DAY_MS);

    it('those before go, and the rest stands on a signed floor', async () => {
      await recordAt(500, 7);
      await recordAt(10, 2);
      expect(await sut.keeper.tenantsWithEntriesBefore(before())).toContain(ada.tenantId);
      expect(await sut.keeper.prune(ada.tenantId, before())).toBe(7);
      expect(await sut.keeper.prune(ada.tenantId, before())).toBe(0);
      expect((await entries()).map(({ seq }) => seq)).toEqual([9, 8]);
      expect(await verified()).toMatchObject({ entries: 2, firstBroken: null, checkpoint: { seq: 7, kind: 'floor' } });
      await record();
      expect(await verified()).toMatchObject({ entries: 3, firstBroken: null, checkpoint: { seq: 10, kind: 'seal' } });
    });

    it('also where all of them go, and again later', async () => {
      await recordAt(500, 3);
      await sut.keeper.seal();
      await sut.keeper.prune(ada.tenantId, before());
      expect(await verified()).toMatchObject({ entries: 0, firstBroken: null });
      await recordAt(450, 2);
      await sut.keeper.prune(ada.tenantId, before());
      await record();
      expect((await entries()).map(({ seq }) => seq)).toEqual([6]);
      expect(await verified()).toMatchObject({ entries: 1, firstBroken: null });
    });

    it('a floor that was moved is found', async () => {
      await recordAt(500, 3);
      await record(4);
      await sut.keeper.prune(ada.tenantId, before());
      await tamper('audit_logs', 'DELETE FROM audit_logs WHERE tenant_id = $1 AND seq = 4');
      await tamper('audit_checkpoints', 'UPDATE audit_checkpoints SET seq = 4 WHERE tenant_id = $1');
      expect(await verified()).toMatchObject({ firstBroken: { seq: 4, reason: 'checkpoint_forged' } });
    });

    it('as the configuration says, now and then, while trails that went on are sealed', async () => {
      await recordAt(31, 2);
      await recordAt(29, 3);
      const config = new MiraConfig();
      Object.assign(config.enterprise, { audit_retention_days: 30 });
      const upkeep = new AuditUpkeep(sut.keeper, auditOn(database(), config).scope);
      await upkeep.run();
      expect((await entries()).map(({ seq }) => seq)).toEqual([5, 4, 3]);
      expect(await verified()).toMatchObject({ entries: 3, firstBroken: null, checkpoint: { seq: 5, kind: 'seal' } });
    });

    it('what was tampered with stays, for to take it away would hide it', async () => {
      await recordAt(500, 3);
      await tamper('audit_logs', 'DELETE FROM audit_logs WHERE tenant_id = $1 AND seq = 2');
      expect(await sut.keeper.prune(ada.tenantId, before())).toBeNull();
      expect(await entries()).toHaveLength(2);
    });
  });

  describe('is only added to:', () => {
    beforeEach(() => record(3));

    const asTenant = (statement: string) =>
      database().tenants.transaction(ada.tenantId, async (manager) => {
        await manager.query(`SET LOCAL mira.audit_keeper = 'on'`);
        await manager.query(statement);
      });

    it.each([
      `UPDATE audit_logs SET personal = NULL`,
      'DELETE FROM audit_logs',
      'TRUNCATE audit_logs',
      `INSERT INTO audit_logs (tenant_id, seq, form, content, hash) SELECT tenant_id, 9, form, content, hash FROM audit_logs LIMIT 1`,
      'UPDATE audit_heads SET seq = seq + 1',
      'DELETE FROM audit_heads',
      'UPDATE audit_checkpoints SET seq = 1',
      'DELETE FROM audit_checkpoints',
      `SELECT audit_prune('${newId()}', 1)`,
      `SELECT audit_erase('${newId()}', '${newId()}')`,
    ])('the role of tenants may not %s', async (statement) => {
      await expect(asTenant(statement)).rejects.toThrow(/permission denied/);
    });

    it.each([
      `UPDATE audit_logs SET personal = NULL`,
      `UPDATE audit_logs SET content = '{}'`,
      'DELETE FROM audit_logs',
      'TRUNCATE audit_logs',
      'UPDATE audit_heads SET seq = seq - 1',
      'UPDATE audit_heads SET seq = seq + 2',
      'DELETE FROM audit_heads',
      'TRUNCATE audit_heads',
      'TRUNCATE audit_checkpoints',
    ])('Mira’s own login may not %s', async (statement) => {
      await expect(sql(statement)).rejects.toThrow(/only added to/);
    });

    it('the mark of erasure lets no content be changed', async () => {
      const work = database().dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL mira.audit_keeper = 'on'`);
        await manager.query(`UPDATE audit_logs SET content = '{}', personal = NULL, erased_at = now()`);
      });
      await expect(work).rejects.toThrow(/only added to/);
    });

    it('nobody adds to another tenant’s', async () => {
      const other = await aMember();
      const work = database().tenants.transaction(ada.tenantId, (manager) =>
        sut.log.recordAt(manager, { ...other, homeTenantId: ada.tenantId }, anAct(), new Date()),
      );
      await expect(work).rejects.toThrow(/another tenant/);
    });
  });

  describe('is written', () => {
    it('for tenants whose plan has it, and for others only what an admin of another tenant does there', async () => {
      for (const tier of ['basic', 'professional'] as const) {
        const who = await aMember(tier);
        await record(1, who);
        expect(await entries(who.tenantId)).toEqual([]);
        await record(1, { ...who, homeTenantId: ada.tenantId });
        expect(await entries(who.tenantId)).toMatchObject([{ home_tenant_id: ada.tenantId }]);
        await record(1, who, anAct({ crossing: true }));
        expect(await entries(who.tenantId)).toHaveLength(2);
      }
    });

    it('not at all where it is switched off, but for an admin’s crossings', async () => {
      const config = new MiraConfig();
      Object.assign(config.enterprise, { audit_logging: false });
      sut = auditOn(database(), config);
      await record();
      expect(await entries()).toEqual([]);
      await record(1, { ...ada, homeTenantId: newId() });
      expect(await entries()).toHaveLength(1);
    });

    it('a moment later where there is no transaction, with the time of the act', async () => {
      sut.log.note(ada, anAct({ action: 'access.denied', outcome: 'denied' }));
      sut.log.note(await aMember('basic'), anAct());
      expect(await entries()).toEqual([]);
      await sut.writer.run();
      await sut.writer.run();
      expect(await entries()).toMatchObject([{ action: 'access.denied', outcome: 'denied' }]);
    });

    it('later where the database would not take it at first', async () => {
      const failing = jest.spyOn(sut.entries, 'append').mockRejectedValueOnce(new Error('away'));
      sut.log.note(ada, anAct());
      await expect(sut.writer.run()).rejects.toThrow('away');
      await sut.writer.run();
      expect(failing).toHaveBeenCalledTimes(2);
      expect(await entries()).toHaveLength(1);
    });

    it('with the number of those that there was no room for', async () => {
      for (let i = 0; i < 2_003; i++)
        sut.log.note(await Promise.resolve(i < 2_000 ? { ...ada, tenantId: NOBODYS } : ada), anAct());
      await sut.writer.run();
      expect(await entries()).toMatchObject([{ action: 'audit.dropped', after: { count: 3 } }]);
    });
  });

  it('finds its first page and what its filters ask for by an index', async () => {
    await sql('ANALYZE audit_logs');
    const plans = await Promise.all(
      ['', `AND user_id = '${newId()}'`, `AND action = 'a.b'`, `AND resource_type = 'a'`].map(async (filter) => {
        const rows: Record<string, string>[] = await database().dataSource.transaction(async (manager) => {
          await manager.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off');
          return manager.query(
            `EXPLAIN SELECT seq FROM audit_logs WHERE tenant_id = '${ada.tenantId}' ${filter}
             ORDER BY tenant_id DESC, seq DESC LIMIT 51`,
          );
        });
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      }),
    );
    const indexes = ['audit_logs_pkey', 'audit_logs_user_idx', 'audit_logs_action_idx', 'audit_logs_resource_idx'];
    for (const [i, plan] of plans.entries()) {
      expect(plan).toContain(indexes[i]);
      expect(plan).not.toContain('Sort');
    }
  });
});

/** A tenant that there is not: what is noted for it goes nowhere. */
const NOBODYS = '0198c0de-0000-7000-8000-00000000dead';
