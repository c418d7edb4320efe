import { type Problem, problemErrorMiddleware, ProblemFilter, problems } from '@mira/problem';
import { AnswerTimeError } from './database/answer-time';
import { isCollision, isDatabaseAway } from './database/database-away';
import { GroupCommitOverloadError } from './database/group-commit';

/** When a client should come again after the database was away, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** Renders every failure, and knows which of them only mean that the database cannot serve just now. */
export function createProblemFilter(): ProblemFilter {
  return new ProblemFilter(asPassing);
}

/** The same, for what does not get as far as Nest. */
export const answerFailure = problemErrorMiddleware(asPassing);

function asPassing(error: unknown): Problem | null {
  const passing =
    isDatabaseAway(error) ||
    isCollision(error) ||
    error instanceof GroupCommitOverloadError ||
    error instanceof AnswerTimeError;
  if (!passing) return null;
  return problems.serviceUnavailable('It may not have been taken; send it again.', RETRY_AFTER_SECONDS, error);
}
