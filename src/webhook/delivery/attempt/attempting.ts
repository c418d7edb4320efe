/**
 * SQL that says whether an attempt of the delivery `d` is being made for a job that is none of `jobIds`: the attempt of
 * a job that may still be recorded, for the job was not given out again yet. By the database's clock.
 *
 * @param jobIds what stands for an array of ids
 * @param expirySeconds what stands for the time after which a job is given out again
 */
export function attemptedForAnother(jobIds: string, expirySeconds: string): string {
  return `coalesce(d.attempting_job <> ALL (${jobIds})
      AND d.attempting_since > now() - ${expirySeconds} * interval '1 second', false)`;
}
