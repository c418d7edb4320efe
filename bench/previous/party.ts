import { readFileSync } from 'node:fs';
import { signedWebhooks } from '../load/signed-webhooks.ts';
import { MiraProcess } from '../support/mira-process.ts';

export const SECRET = 'a secret of the upgrade';

export interface Answer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Where a webhook goes. */
export interface Address {
  readonly path: string;
  readonly eventType: string;
}

/** One process of either release, as those see it who call it. */
export class Party {
  readonly mira: MiraProcess;
  private readonly release: string;

  constructor(mira: MiraProcess, release: string) {
    this.mira = mira;
    this.release = release;
  }

  /** A management request, in the name of who holds the token. */
  ask(token: string | null, method: string, path: string, body?: object): Promise<Answer> {
    return this.request(method, `/api/v1/${path}`, {
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The same of what must go well for the rest to make sense. Throws where it does not. */
  async must(token: string | null, method: string, path: string, body?: object): Promise<Answer['json']> {
    const { status, json } = await this.ask(token, method, path, body);
    if (status < 300) return json;
    const log = readFileSync(this.mira.logFile, 'utf8').split('\n').slice(-5).join('\n');
    throw new Error(`${this.release} answered ${status} to ${method} ${path}: ${JSON.stringify(json)}\n${log}`);
  }

  /** Signs and sends one after the other. */
  async send({ path, eventType }: Address, count: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const { headers, body } of signedWebhooks(count, SECRET, eventType)) {
      answers.push(await this.request('POST', path, { headers, body: new Uint8Array(body) }));
    }
    return answers;
  }

  private async request(method: string, path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(this.mira.url + path, { method, ...init });
    const text = await response.text();
    return { status: response.status, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  }
}
