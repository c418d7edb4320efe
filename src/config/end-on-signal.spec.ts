import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MODULE = join(__dirname, 'end-on-signal.ts');
/** What Node.js says of a module that it has to look into to know its kind. */
const QUIET = '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON';

/** How a process ends that is told to stop: by its own exit code, or by the signal as the kernel does it. */
async function toldToStop(signal: NodeJS.Signals, setUp: string): Promise<unknown> {
  const program = `import { endOnSignal } from ${JSON.stringify(MODULE)};
    ${setUp}; setInterval(() => undefined, 1000); process.stdout.write('here');`;
  const child = spawn(process.execPath, [QUIET, '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill(signal);
  const [code, by]: unknown[] = await ended;
  return code ?? by;
}

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('ends the process at %s by itself, since the kernel would not in a container', async (signal, code) => {
  expect(await toldToStop(signal, 'endOnSignal()')).toBe(code);
});

it('leaves the signal to others from then on', async () => {
  expect(await toldToStop('SIGTERM', 'endOnSignal().off()')).toBe('SIGTERM');
});
