/** Durations as programs have them: many alike, a long tail. `scale` is their median in seconds. */
export function logNormal(random: () => number, count: number, scale: number, spread: number): number[] {
  // Box and Muller's normal deviates. 1 - random() is never 0, of which there is no logarithm.
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => scale * Math.exp(spread * normal()));
}
