/**
 * Why Mira cannot start, in a line or two for the person who starts it: what is wrong, by which setting, and what
 * would be right. It is shown without a stack, so it is made where the cause is known; its message holds no secret.
 */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
