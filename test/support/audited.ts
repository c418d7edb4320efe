import { MiraConfig } from '../../src/config/mira.config';
import { signerOf } from '../../src/enterprise/audit/audit.checkpoint';
import { AuditKeeper } from '../../src/enterprise/audit/audit.keeper';
import { AuditLog } from '../../src/enterprise/audit/audit.log';
import { AuditNotes } from '../../src/enterprise/audit/audit.notes';
import { AuditNoteWriter } from '../../src/enterprise/audit/audit.note-writer';
import { AuditRepository } from '../../src/enterprise/audit/audit.repository';
import { AuditScope } from '../../src/enterprise/audit/audit.scope';
import { AuditVerifier } from '../../src/enterprise/audit/audit.verifier';
import type { TestDatabase } from './databases';
import { plansOn } from './plans';

/** The parts of the audit on one database, as the module puts them together. */
export function auditOn(database: TestDatabase, config = new MiraConfig()) {
  const { dataSource, tenants, cipher } = database;
  const entries = new AuditRepository();
  const signer = signerOf(cipher);
  const scope = new AuditScope(config, plansOn(database, { config }).plans);
  const notes = new AuditNotes();
  const log = new AuditLog(scope, entries, signer, notes);
  return {
    entries,
    scope,
    log,
    writer: new AuditNoteWriter(tenants, log, notes),
    verifier: new AuditVerifier(tenants, entries, signer),
    keeper: new AuditKeeper(dataSource, entries, signer),
  };
}
