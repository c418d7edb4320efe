import { ALL_PERMISSIONS, type Permission } from '@mira/access';
import { AllowedNetworks } from '../principal/allowed-networks';

/** All that a credential lets its holder do: what, from where, until when. Null is without bound. */
export interface Reach {
  readonly permissions: ReadonlySet<Permission>;
  readonly networks: readonly string[] | null;
  readonly expiresAt: Date | null;
}

/** How one reach goes beyond another, in words that end "… than your own"; empty where it lies within. */
export function beyond(inner: Reach, outer: Reach): string[] {
  return [
    ...(ALL_PERMISSIONS.some((each) => inner.permissions.has(each) && !outer.permissions.has(each))
      ? ['more permissions']
      : []),
    ...(areNetworksWithin(inner.networks, outer.networks) ? [] : ['wider networks']),
    ...(isNoLater(inner.expiresAt, outer.expiresAt) ? [] : ['a longer life']),
  ];
}

function areNetworksWithin(inner: readonly string[] | null, outer: readonly string[] | null): boolean {
  if (outer === null) return true;
  const allowed = new AllowedNetworks(outer);
  return inner?.every((network) => allowed.contains(network)) ?? false;
}

function isNoLater(inner: Date | null, outer: Date | null): boolean {
  if (outer === null) return true;
  return inner !== null && inner <= outer;
}
