export { AddressPolicy, InvalidNetwork, type AddressVerdict } from './address-policy';
export { checkUrl, InvalidUrl } from './check-url';
export type { ResolvedAddress, Resolve } from './guarded-connector';
export { OutboundClient, type OutboundClientOptions } from './outbound-client';
export type { OutboundRequest, OutboundResult } from './outbound-result';
