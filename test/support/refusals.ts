import { createValidationPipe, Problem } from '@mira/problem';
import type { Paramtype, Type } from '@nestjs/common';

/** The problem that a piece of work ends in; anything else fails the test. */
export async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  const outcome: unknown = await work.then(
    () => 'it was accepted',
    (error: unknown) => error,
  );
  if (outcome instanceof Problem) return outcome;
  throw new Error(`expected a problem: ${String(outcome)}`, { cause: outcome });
}

/** Reads what a client sent into a DTO, as the program does. */
export async function readAs(metatype: Type, sent: unknown, type: Paramtype = 'body'): Promise<unknown> {
  return createValidationPipe().transform(sent, { type, metatype });
}

/** What a DTO finds wrong with what a client sent: the messages by field, none where it is right. */
export async function faultsOf(metatype: Type, sent: unknown, type: Paramtype = 'body'): Promise<Map<string, string>> {
  const refusal = await readAs(metatype, sent, type).then(
    () => null,
    (error: unknown) => refusalOf(Promise.reject(error instanceof Error ? error : new Error(String(error)))),
  );
  return new Map((refusal?.errors ?? []).map(({ field, message }) => [field, message]));
}

/** The same without the messages. */
export async function faultyFieldsOf(metatype: Type, sent: unknown, type: Paramtype = 'body'): Promise<string[]> {
  return [...(await faultsOf(metatype, sent, type)).keys()];
}
