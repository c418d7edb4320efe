import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { SenderCase } from '../../../test/support/sender-cases';
import type { Payload } from './payload/payload';
import type { Source } from './source';

const ROOT = join(__dirname, '../../..');
const NOW_SECONDS = 1_784_000_000;
const [sourceFile = '', registryLines = '', senderCase = ''] = codeBlocksOf('docs/extending.md');

/** What the page tells a team to write, as if they had written it; nothing of it is on disk. */
const written = {
  [join(__dirname, 'acme.source.ts')]: sourceFile,
  [join(__dirname, 'source.registry.ts')]: withLines(join(__dirname, 'source.registry.ts'), registryLines),
  [join(ROOT, 'test/support/acme.ts')]: [
    "import { signHmac } from '@mira/signature';",
    "import type { SenderCase } from './sender-cases';",
    `export const acme: SenderCase = ${senderCase.trimEnd()};`,
  ].join('\n'),
};

describe('the code of docs/extending.md', () => {
  const [source, registry, sender] = Object.values(written).map(runnable);
  const { AcmeSource } = evaluated<{ AcmeSource: new () => Source }>(source);
  const acme = evaluated<{ acme: SenderCase }>(sender).acme;
  const sut = new AcmeSource();
  const secret = sut.newSecret();
  const known = { secrets: [secret], config: {}, url: '', now: new Date(NOW_SECONDS * 1_000) };
  const payload = (value: unknown): Payload => ({ format: 'json', value });

  function received(text: string, seconds = NOW_SECONDS) {
    const body = Buffer.from(text);
    return { headers: acme.sign(secret, { body, seconds, url: '' }), body };
  }

  it('compiles, under the settings of the project', () => {
    expect(complaints()).toEqual([]);
  });

  it('is a source that the registry knows by the lines that it is told, after all the others', () => {
    const { serviceNames, findSource } = evaluated<typeof import('./source.registry')>(registry, { AcmeSource });
    const { serviceNames: before } = jest.requireActual<typeof import('./source.registry')>('./source.registry');
    expect(serviceNames).toEqual([...before, 'acme']);
    expect(findSource('acme')).toBeInstanceOf(AcmeSource);
  });

  it('takes what its sender signs, and refuses what is changed, stale or signed by another', () => {
    expect(sut.verify(received('{}'), known)).toMatchObject({ kind: 'valid' });
    expect(sut.verify({ ...received('{}'), body: Buffer.from('{ }') }, known).kind).toBe('invalid');
    expect(sut.verify(received('{}', NOW_SECONDS - 301), known).kind).toBe('stale');
    expect(sut.verify(received('{}'), { ...known, secrets: [sut.newSecret()] }).kind).toBe('invalid');
    expect(sut.verify({ headers: {}, body: Buffer.from('{}') }, known).kind).toBe('missing');
    expect(sut.proofHeaders({})).toContain(acme.proofHeader);
  });

  it('knows its deliveries, its types and its handshake', () => {
    const request = received('{}');
    expect(sut.dedupKey(request, payload({}))).toEqual({ kind: 'key', key: 'd1' });
    expect(sut.eventType(request, payload({ kind: 'order.paid' }))).toBe('order.paid');
    expect(sut.handshake(request, payload({ kind: 'hello', word: 'x' }))).toEqual({ word: 'x' });
    expect(sut.handshake(request, payload({ kind: 'order.paid' }))).toBeNull();
  });

  it('names members that a source has, each of them', () => {
    const page = readFileSync(join(ROOT, 'docs/extending.md'), 'utf8');
    const [, section = ''] = page.split(/^## /m);
    const named = [...section.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(
      ([, cell = '']) => cell.match(/\w+/g) ?? [],
    );
    expect(named).toHaveLength(10);
    for (const member of named) expect(sut).toHaveProperty(member);
  });
});

function codeBlocksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

/** A file with an import before its own, and with the other lines at the end of its only list. */
function withLines(path: string, lines: string): string {
  const [imported = '', ...entries] = lines.split('\n');
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(/\n\];\n/, `\n${entries.join('\n')}];\n`);
  if (changed === text) throw new Error('the registry has no list to add to');
  return `${imported}\n${changed}`;
}

/** What the compiler says of these files where they are meant to be, with everything else as it is. */
function complaints(): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path in written || fileExists(path);
  host.readFile = (path) => written[path] ?? readFile(path);
  host.getSourceFile = (path, languageVersion) => {
    const text = written[path];
    return text === undefined ? getSourceFile(path, languageVersion) : ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram(Object.keys(written), { ...options, noEmit: true }, host);
  return Object.keys(written)
    .map((path) => program.getSourceFile(path))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

function runnable(text: string): string {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

/** The exports of such a file; it imports what this folder has, and `acme` for what is only on the page. */
function evaluated<Exports>(code = '', acme?: object): Exports {
  const module = { exports: {} };
  const requireAs = (name: string): unknown => (name === './acme.source' ? acme : jest.requireActual(name));
  // oxlint-disable-next-line typescript/no-implied-eval -- it is our own page
  new Function('require', 'module', 'exports', code)(requireAs, module, module.exports);
  return module.exports as Exports;
}
