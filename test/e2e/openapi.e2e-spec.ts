import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema?: { readonly $ref?: string } }>>;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, Answer>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
  readonly security?: readonly object[];
}

const ROOT = join(__dirname, '..', '..');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** Open to everyone, by the contract. */
const OPEN = /^\/(health|metrics|webhook)(\/|$)|^\/api\/v1\/auth\/(login|refresh)$/;

/** As people get it: types of answers become schemas when Mira is built, and only then. */
describe('the OpenAPI document of the program that is built', () => {
  let document: Document;
  let operations: { name: string; path: string; operation: Operation }[];

  beforeAll(async () => {
    execFileSync(process.execPath, ['scripts/build.mjs', '--if-changed'], { cwd: ROOT, stdio: 'ignore' });
    const folder = mkdtempSync(join(tmpdir(), 'mira-openapi-'));
    const env = { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', MIRA_DATA_DIR: join(folder, 'data') };
    const mira = spawn(process.execPath, [join(ROOT, 'dist', 'src', 'main.js')], { cwd: folder, env });
    const ended = new Promise((done) => mira.once('exit', done));
    try {
      const url = await new Promise<string>((found, fail) => {
        let said = '';
        mira.stdout.on('data', (text: Buffer) => {
          said += text.toString();
          const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
          if (address) found(address);
        });
        mira.once('exit', () => fail(new Error(`Mira ended: ${said}`)));
      });
      document = JSON.parse(await (await fetch(`${url}/docs/openapi.json`)).text());
    } finally {
      mira.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => {
        const operation = item[method];
        return operation ? [{ name: `${method} ${path}`, path, operation }] : [];
      }),
    );
  }, 180_000);

  /** The names of those of which something is not so. */
  const exceptions = (isSo: (operation: Operation, path: string) => boolean) =>
    operations.filter(({ operation, path }) => !isSo(operation, path)).map(({ name }) => name);

  const schemasOf = ({ content }: Answer) => Object.values(content ?? {}).map(({ schema }) => schema);

  it('has the routes', () => {
    const names = operations.map(({ name }) => name);
    for (const route of [
      'post /webhook/{service}',
      'post /webhook/{service}/{endpoint_id}',
      'get /api/v1/events/{id}',
    ]) {
      expect(names).toContain(route);
    }
    expect(names.length).toBeGreaterThan(25);
  });

  it('names every parameter of every path', () => {
    const inPath = ({ parameters = [] }: Operation) =>
      parameters.flatMap((parameter) => (parameter.in === 'path' && parameter.required ? [parameter.name] : []));
    for (const { name, path, operation } of operations) {
      const expected = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      expect([name, new Set(inPath(operation))]).toEqual([name, new Set(expected)]);
    }
  });

  it('says what every success looks like', () => {
    const without = exceptions(({ responses }) => {
      const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      const described = ([status, answer]: [string, Answer]) =>
        status === '204' || (schemasOf(answer).length > 0 && schemasOf(answer).every((schema) => schema !== undefined));
      return successes.length > 0 && successes.every(described);
    });
    expect(without).toEqual([]);
  });

  it('refers to no schema and no security scheme that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    for (const [, name] of refs) expect(Object.keys(document.components.schemas)).toContain(name);
    const schemes = operations.flatMap(({ operation }) => (operation.security ?? []).flatMap(Object.keys));
    for (const scheme of schemes) expect(Object.keys(document.components.securitySchemes)).toContain(scheme);
  });

  it('asks for a credential where one is needed, and nowhere else', () => {
    expect(document.security).toBeUndefined();
    const closed = exceptions((_operation, path) => OPEN.test(path));
    const asking = exceptions(({ security = [] }) => security.length === 0);
    expect(asking.filter((name) => name !== 'post /webhook/{service}')).toEqual(closed);
    expect(exceptions(({ responses }, path) => OPEN.test(path) || '401' in responses)).toEqual([]);
    expect(exceptions(({ responses }, path) => !path.startsWith('/health') || !('401' in responses))).toEqual([]);
  });

  it('lets the tenant be named wherever a credential is asked for at the management routes, and nowhere else', () => {
    const namesTenant = ({ parameters = [] }: Operation) => parameters.some(({ name }) => name === 'X-Tenant-Id');
    expect(exceptions((operation) => !namesTenant(operation))).toEqual(
      exceptions((_operation, path) => OPEN.test(path)),
    );
  });

  it('shows every failure as a problem; but health, which is a report whatever it says', () => {
    const problem = { $ref: '#/components/schemas/Problem' };
    for (const { name, path, operation } of operations) {
      const failures = Object.entries(operation.responses).filter(([status]) => /^([45]|default)/.test(status));
      expect([name, failures.length]).not.toEqual([name, 0]);
      for (const [status, { content = {} }] of failures) {
        if (path.startsWith('/health') && status === '503' && 'application/json' in content) continue;
        expect([name, status, content]).toEqual([name, status, { 'application/problem+json': { schema: problem } }]);
      }
    }
  });

  it('has of receiving what the contract says of it', () => {
    for (const path of ['/webhook/{service}', '/webhook/{service}/{endpoint_id}']) {
      const { responses, requestBody } = document.paths[path]?.['post'] ?? { responses: {} };
      for (const status of [200, 202, 400, 401, 403, 404, 413, 415, 429, 503, 508]) {
        expect(Object.keys(responses)).toContain(String(status));
      }
      expect(responses).not.toHaveProperty('201');
      expect(requestBody).toMatchObject({ content: { 'application/json': {}, 'text/plain': {} } });
    }
  });
});
