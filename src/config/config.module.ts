import { type DynamicModule, Global, Module } from '@nestjs/common';
import { MiraConfig } from './mira.config';

/**
 * Gives the configuration to whoever asks for `MiraConfig`. It is loaded before Nest starts, so that a wrong one
 * ends the program with its own message and nothing else.
 */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: MiraConfig): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: MiraConfig, useValue: config }],
      exports: [MiraConfig],
    };
  }
}
