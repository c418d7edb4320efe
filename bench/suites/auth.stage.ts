import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseKind } from '../options.ts';
import { type DatabaseFacts, scratchPlace } from '../support/scratch-place.ts';

const USERNAME = 'bench';
const PASSWORD = 'correct horse battery staple';

/** What a credential came to, as far as it is looked at here. */
interface Authentication {
  readonly kind: string;
  readonly principal?: object;
}

interface Authenticator {
  authenticate(headers: IncomingHttpHeaders, address: string): Authentication | Promise<Authentication>;
}

/** Nest's view of a request, as far as the guards ask for it. */
interface Context {
  getHandler(): object;
  getClass(): object;
  switchToHttp(): { getRequest(): object };
}

/** The built program's own parts, taken out of a running Mira: what is measured is what serves. */
export interface AuthStage {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly authenticator: Authenticator;
  /** Makes the next question about a credential go to the database. */
  forget(): void;
  readonly permissionGuard: { canActivate(context: Context): boolean };
  /** A request of somebody who may, on its way to a route that is declared. */
  contextOf(principal: object): Context;
  readonly apiKey: string;
  readonly accessToken: string;
  /** One sign-in over HTTP. */
  signIn(): Promise<string>;
  /** The work of Argon2id alone, for the same password. */
  verifyPassword(): Promise<boolean>;
}

interface Modules {
  mira: {
    startMira(
      config: object,
      notify: () => void,
    ): Promise<{
      app: { get<T>(token: unknown): T };
      url: string;
      firstCredentials: { apiKey: string } | null;
      stop(): Promise<void>;
    }>;
  };
  config: { loadConfig(given: { env: object; cwd: string }): object };
  access: { Authenticator: unknown; setPrincipal(request: object, principal: object): void };
  cache: { PrincipalCache: unknown };
  hasher: { PasswordHasher: unknown };
  guard: { PermissionGuard: new () => AuthStage['permissionGuard'] };
  events: { EventController: { prototype: { list: object } } };
}

/** @param scope ends it all again */
export async function startAuthStage(
  kind: DatabaseKind,
  server: string | null,
  scope: AsyncDisposableStack,
): Promise<AuthStage> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-bench-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const place = await scratchPlace(kind, { server, folder, scope });
  const { mira, config, access, cache, hasher, guard, events } = builtModules();
  const env = {
    ...place.env,
    HOST: '127.0.0.1',
    PORT: '0',
    MIRA_LOG_LEVEL: 'warn',
    MIRA_ADMIN_USERNAME: USERNAME,
    MIRA_ADMIN_PASSWORD: PASSWORD,
    // Enough that nobody is ever refused: the buckets are kept and charged all the same.
    MIRA_API_RATE_LIMIT_MAX_ANONYMOUS_REQUESTS: '1000000',
  };
  const running = await mira.startMira(config.loadConfig({ env, cwd: folder }), () => undefined);
  scope.defer(() => running.stop());
  if (!running.firstCredentials) throw new Error('this is not the first start of this Mira');
  const { apiKey } = running.firstCredentials;
  const signIn = (): Promise<string> => signInAt(running.url);
  const passwords = running.app.get<{
    hash(password: string): Promise<string>;
    verify(password: string, hash: string): Promise<boolean>;
  }>(hasher.PasswordHasher);
  const hash = await passwords.hash(PASSWORD);
  const principals = running.app.get<{ clear(): void }>(cache.PrincipalCache);
  const { EventController } = events;
  return {
    kind,
    database: await place.facts(),
    authenticator: running.app.get<Authenticator>(access.Authenticator),
    forget: () => principals.clear(),
    permissionGuard: new guard.PermissionGuard(),
    contextOf: (principal) => {
      const request = {};
      access.setPrincipal(request, principal);
      const http = { getRequest: () => request };
      return {
        getHandler: () => EventController.prototype.list,
        getClass: () => EventController,
        switchToHttp: () => http,
      };
    },
    apiKey,
    accessToken: await signIn(),
    signIn,
    verifyPassword: () => passwords.verify(PASSWORD, hash),
  };
}

async function signInAt(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: USERNAME, password: PASSWORD }),
  });
  const answer = (await response.json()) as { access_token?: unknown };
  if (response.status !== 200 || typeof answer.access_token !== 'string') {
    throw new Error(`a sign-in was answered ${response.status}`);
  }
  return answer.access_token;
}

/** Types are declared here, for the sources are compiled by other rules than the bench. */
function builtModules(): Modules {
  const load = createRequire(join(import.meta.dirname, '..', '..', 'dist', 'package.json'));
  return {
    mira: load('./src/mira.js'),
    config: load('./src/config/load-config.js'),
    access: load('./libs/access/index.js'),
    cache: load('./src/rbac/principal/principal.cache.js'),
    hasher: load('./src/rbac/password.hasher.js'),
    guard: load('./src/rbac/guard/permission.guard.js'),
    events: load('./src/webhook/event/event.controller.js'),
  };
}
