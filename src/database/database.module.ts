import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { dataSourceOptions } from './connection';
import { DATABASE_TARGET, type DatabaseTarget } from './database-target';
import { SecretCipher } from './secret.cipher';
import { TableUpkeep } from './table.upkeep';
import { TenantDatabase } from './tenant.database';
import { Turns } from './turns';

@Global()
@Module({})
export class DatabaseModule {
  /** `masterKey`: the 32 bytes that secrets at rest are sealed under. The schema must be up to date already. */
  static forRoot(target: DatabaseTarget, masterKey: Buffer): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [TypeOrmModule.forRoot({ ...dataSourceOptions(target), autoLoadEntities: true, retryAttempts: 0 })],
      providers: [
        TenantDatabase,
        TableUpkeep,
        Turns,
        { provide: DATABASE_TARGET, useValue: target },
        { provide: SecretCipher, useValue: new SecretCipher(masterKey) },
      ],
      exports: [TenantDatabase, Turns, DATABASE_TARGET, SecretCipher],
    };
  }
}
