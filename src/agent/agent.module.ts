import { Module } from '@nestjs/common';
import { AgentRegistry } from './agent.registry';

/** Import it to register an agent or to find one; the registry is one for the whole program. */
@Module({ providers: [AgentRegistry], exports: [AgentRegistry] })
export class AgentModule {}
