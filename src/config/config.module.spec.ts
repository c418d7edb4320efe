import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule } from './config.module';
import { loadConfig } from './load-config';
import { MiraConfig } from './mira.config';

@Injectable()
class Listener {
  constructor(readonly config: MiraConfig) {}
}

@Module({ providers: [Listener], exports: [Listener] })
class FeatureModule {}

describe('ConfigModule', () => {
  it('gives the loaded configuration to every module', async () => {
    const config = loadConfig({ env: { PORT: '0' }, cwd: '/nowhere' });
    const app = await Test.createTestingModule({ imports: [ConfigModule.forRoot(config), FeatureModule] }).compile();

    expect(app.get(Listener).config).toBe(config);
  });
});
