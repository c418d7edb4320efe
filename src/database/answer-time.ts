/** A sender hears of a database that hangs before this long, in milliseconds, all steps together being under 2 s. */
const LOOK_UP_MS = 1_000;

/** Waits for a look-up on the way to an answer, but no longer than an answer may take. */
export async function withinAnswerTime<T>(lookUp: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new AnswerTimeError()), LOOK_UP_MS);
  });
  try {
    return await Promise.race([lookUp, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class AnswerTimeError extends Error {
  override readonly name = 'AnswerTimeError';
  constructor() {
    super('the database did not answer a look-up in time');
  }
}
