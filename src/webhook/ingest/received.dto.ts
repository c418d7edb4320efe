/** The answer to a webhook that is stored. */
export class ReceivedView {
  /** The event's id; of the first one, for a duplicate. */
  id!: string;
  status!: 'accepted';
  /** True when the same delivery was received before; nothing was stored again. */
  duplicate!: boolean;
}
