import { type Actor, AuditTrail } from '@mira/audit';
import { decodeCursor, type Page, toPage } from '@mira/page';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { TenantDatabase } from '../../database/tenant.database';
import { AuditEntryView, auditEntryView, type VerificationView, verificationView } from './audit-view.dto';
import type { AuditFilter, ExportAuditQuery, ListAuditQuery } from './audit.dto';
import { exportHead, exportLine } from './audit.export';
import { AuditRepository, type AuditRow, type AuditSearch } from './audit.repository';
import { AuditVerifier } from './audit.verifier';

const EXPORT_PAGE = 500;

/** Shows a tenant its trail, where the plan has one. */
@Injectable()
export class AuditService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly entries: AuditRepository,
    private readonly verifier: AuditVerifier,
    private readonly trail: AuditTrail,
  ) {}

  async list(tenantId: string, { limit, cursor, ...filter }: ListAuditQuery): Promise<Page<AuditEntryView>> {
    const before = decodeCursor(cursor);
    const rows = await this.database.transaction(tenantId, (manager) =>
      this.entries.list(manager, tenantId, searchOf(filter), { limit: limit + 1, before }),
    );
    return toPage(rows.map(auditEntryView), limit, ({ id }) => id);
  }

  /** @throws Problem `not-found` */
  async get(tenantId: string, id: string): Promise<AuditEntryView> {
    const row = await this.database.transaction(tenantId, (manager) => this.entries.find(manager, tenantId, id));
    if (!row) throw problems.notFound('There is no such entry.');
    return auditEntryView(row);
  }

  /** All of it as text, newest first, read as fast as it is taken. That somebody took it is an entry too. */
  async export(who: Actor, { format, ...filter }: ExportAuditQuery): Promise<Readable> {
    this.trail.note(who, {
      action: 'audit.exported',
      resourceType: 'audit',
      resourceId: null,
      after: { format, ...filter },
    });
    return Readable.from(this.lines(who.tenantId, format, searchOf(filter)), { objectMode: false });
  }

  async verify(tenantId: string): Promise<VerificationView> {
    return verificationView(await this.verifier.verify(tenantId));
  }

  /**
   * Page after page by the entries' numbers. Not by a cursor of the database: that would hold a transaction and its
   * connection as long as the client likes to read, and the embedded database has no other one.
   */
  private async *lines(
    tenantId: string,
    format: ExportAuditQuery['format'],
    search: AuditSearch,
  ): AsyncGenerator<string> {
    yield exportHead(format);
    let before: number | null = null;
    for (;;) {
      const page = { limit: EXPORT_PAGE, before };
      const rows: AuditRow[] = await this.database.transaction(tenantId, (manager) =>
        this.entries.list(manager, tenantId, search, page),
      );
      yield rows.map((row) => exportLine(format, auditEntryView(row))).join('');
      const last = rows.at(-1);
      if (!last || rows.length < EXPORT_PAGE) return;
      before = last.seq;
    }
  }
}

function searchOf({ user_id: userId, action, resource_type: resourceType, since, until }: AuditFilter): AuditSearch {
  return { userId, action, resourceType, since, until };
}
