import { signedWebhooks } from '../load/signed-webhooks.ts';

const SENDERS = 16;
/** Bounds a round, whatever happens to it. */
const MAX_A_ROUND = 20_000;
const BATCH = 200;

export interface RoundOfLoad {
  /** The ids that were answered 202: from then on they are Mira's promise. */
  readonly acknowledged: readonly string[];
  /** Requests that got no answer: Mira may have stored them or not. */
  readonly unanswered: number;
  /** Answers other than 202, by status: a Mira that is well gives none. */
  readonly refused: ReadonlyMap<number, number>;
}

/** Sends signed webhooks over several connections until `ended` says so, or the other side is gone. */
export async function sendUntil(
  url: string,
  secret: string,
  ended: () => boolean,
  onAcknowledged: () => void,
): Promise<RoundOfLoad> {
  const acknowledged: string[] = [];
  const refused = new Map<number, number>();
  let unanswered = 0;
  let sent = 0;
  const sender = async (): Promise<void> => {
    while (!ended() && sent < MAX_A_ROUND) {
      for (const { headers, body } of signedWebhooks(BATCH, secret, 'push')) {
        if (ended()) return;
        sent++;
        try {
          const response = await fetch(url, { method: 'POST', headers, body });
          const answer = (await response.json()) as { id?: string };
          if (response.status === 202 && answer.id) {
            acknowledged.push(answer.id);
            onAcknowledged();
          } else refused.set(response.status, (refused.get(response.status) ?? 0) + 1);
        } catch {
          unanswered++;
          return;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return { acknowledged, unanswered, refused };
}
