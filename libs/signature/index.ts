export { SignatureKeyError, type Refusal, type Verdict } from './verdict';
export { DEFAULT_TOLERANCE_SECONDS, refuseTimestamp } from './freshness';
export { matchHmac, signHmac, verifyHmac, type HmacAlgorithm, type HmacScheme, type ProofEncoding } from './hmac';
export { generateSecret, sharedSecretFault, verifySharedSecret } from './shared-secret';
export { generateStandardKeyPair, generateStandardSecret, parseStandardKey, type StandardKey } from './standard-key';
export {
  signStandard,
  signStandardWithEach,
  verifyStandard,
  type OutgoingMessage,
  type SignedMessage,
} from './standard';
