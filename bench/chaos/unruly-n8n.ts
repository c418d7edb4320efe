import { join } from 'node:path';
import { ServiceProcess } from '../support/service-process.ts';

export type Mood = 'well' | 'hang' | 'reset' | 'late' | 'garbage';

interface Account {
  readonly taken: readonly (readonly [string, number])[];
  readonly unanswered: number;
}

/** An n8n's stand-in in a process of its own, well or ill as it is told. */
export class UnrulyN8n {
  private readonly service: ServiceProcess;

  private constructor(service: ServiceProcess) {
    this.service = service;
  }

  static async start(): Promise<UnrulyN8n> {
    return new UnrulyN8n(await ServiceProcess.start(join(import.meta.dirname, 'unruly-n8n.process.ts')));
  }

  get url(): string {
    return this.service.url;
  }

  async be(mood: Mood): Promise<void> {
    await this.ask('PUT', `/chaos/${mood}`);
  }

  /** How often it took each event. */
  async taken(): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.ask('GET', '/chaos')).taken);
  }

  /** Requests that it has not answered yet. */
  async unanswered(): Promise<number> {
    return (await this.ask('GET', '/chaos')).unanswered;
  }

  async stop(): Promise<void> {
    await this.service.stop();
  }

  private async ask(method: string, path: string): Promise<Account> {
    const response = await fetch(this.service.url + path, { method, headers: { connection: 'close' } });
    return (await response.json()) as Account;
  }
}
