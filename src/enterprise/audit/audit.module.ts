import { AuditTrail } from '@mira/audit';
import { Global, Module } from '@nestjs/common';
import { SecretCipher } from '../../database/secret.cipher';
import { PlanModule } from '../plan/plan.module';
import { CheckpointSigner, signerOf } from './audit.checkpoint';
import { AuditController } from './audit.controller';
import { AuditKeeper } from './audit.keeper';
import { AuditLog } from './audit.log';
import { AuditNotes } from './audit.notes';
import { AuditNoteWriter } from './audit.note-writer';
import { AuditRepository } from './audit.repository';
import { AuditScope } from './audit.scope';
import { AuditService } from './audit.service';
import { AuditUpkeep } from './audit.upkeep';
import { AuditVerifier } from './audit.verifier';

/** Who did what. Global, for whatever changes something tells it to the trail. */
@Global()
@Module({
  imports: [PlanModule],
  controllers: [AuditController],
  providers: [
    AuditKeeper,
    AuditLog,
    AuditNotes,
    AuditNoteWriter,
    AuditRepository,
    AuditScope,
    AuditService,
    AuditUpkeep,
    AuditVerifier,
    { provide: AuditTrail, useExisting: AuditLog },
    { provide: CheckpointSigner, useFactory: signerOf, inject: [SecretCipher] },
  ],
  exports: [AuditTrail],
})
export class AuditModule {}
