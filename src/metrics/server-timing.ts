import type { RequestHandler } from 'express';

type Stage = readonly [name: string, ms: number];

const stages = new WeakMap<object, Stage[]>();

/** Notes how long a stage of a request took, where that is to be told. `name`: a token, as `verify`. */
export function noteStage(request: object, name: string, ms: number): void {
  stages.get(request)?.push([name, ms]);
}

/** Does a stage of a request and notes how long it took, however it ends. */
export async function timedStage<T>(request: object, name: string, work: () => Promise<T>): Promise<T> {
  if (!stages.has(request)) return work();
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    noteStage(request, name, performance.now() - startedAt);
  }
}

/** Has answers tell their stages and the whole time until their head was written, as W3C Server Timing has it. */
export function serverTiming(): RequestHandler {
  return (request, response, next) => {
    const noted: Stage[] = [];
    stages.set(request, noted);
    const startedAt = performance.now();
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
    response.writeHead = (...args: unknown[]) => {
      if (!response.headersSent) {
        const all: Stage[] = [...noted, ['total', performance.now() - startedAt]];
        response.setHeader('Server-Timing', all.map(([name, ms]) => `${name};dur=${ms.toFixed(2)}`).join(', '));
      }
      return writeHead(...args);
    };
    next();
  };
}
