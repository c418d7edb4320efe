import { Allow, CurrentPrincipal, type Principal } from '@mira/access';
import { Controller, Get, Param, ParseUUIDPipe, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { RequireFeature } from '../plan/require-feature.decorator';
import { type AuditEntryView, AuditPage, VerificationView } from './audit-view.dto';
import { ExportAuditQuery, ListAuditQuery } from './audit.dto';
import { EXPORT_TYPES } from './audit.export';
import { AuditService } from './audit.service';

@ApiTags('audit-logs')
@Controller('api/v1/audit-logs')
@Allow('audit:read')
@RequireFeature('audit_logging')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  /** Newest first. */
  @Get()
  list(@CurrentPrincipal() who: Principal, @Query() query: ListAuditQuery): Promise<AuditPage> {
    return this.audit.list(who.tenantId, query);
  }

  /** All entries that the filters leave, newest first, as CSV or as one JSON object a line. */
  @Get('export')
  @ApiProduces('text/csv', 'application/jsonl')
  @ApiOkResponse({ schema: { type: 'string' }, description: 'The entries' })
  async export(@CurrentPrincipal() who: Principal, @Query() query: ExportAuditQuery): Promise<StreamableFile> {
    const disposition = `attachment; filename="audit-logs.${query.format}"`;
    return new StreamableFile(await this.audit.export(who, query), { type: EXPORT_TYPES[query.format], disposition });
  }

  /** Whether the trail is as it was written; if not, which entry is the first that is not. */
  @Get('verify')
  verify(@CurrentPrincipal() who: Principal): Promise<VerificationView> {
    return this.audit.verify(who.tenantId);
  }

  @Get(':id')
  get(@CurrentPrincipal() who: Principal, @Param('id', ParseUUIDPipe) id: string): Promise<AuditEntryView> {
    return this.audit.get(who.tenantId, id);
  }
}
