import { type Problem, problems } from '@mira/problem';

export function noSuchProject(): Problem {
  return problems.notFound('There is no such project.');
}
