/**
 * Why a delivery was given up, in one word that stays the same.
 *
 * - `gone`: its receiver never wants it, and said so; `loop`: it went round in a circle
 * - `rejected`: its receiver refused it, several times; `exhausted`: it failed, and no attempt is left
 * - `target_deleted`: its route, or what that led to, is not there any more; `refused_by_agent`: an agent refused it
 * - `unstorable`: what came back could not be stored; `unknown`: it was given up before there were such words
 */
export const DEAD_CAUSES = [
  'gone',
  'loop',
  'rejected',
  'exhausted',
  'target_deleted',
  'refused_by_agent',
  'unstorable',
  'unknown',
] as const;
export type DeadCause = (typeof DEAD_CAUSES)[number];
