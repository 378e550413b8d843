import { ConfigurationError, createTokenVerifier } from 'countersign';
import { AUDIENCE } from './open-issuer.mjs';

/** `tokenMemory` as an option of verifiers and gates; nothing where the version that is measured has no memory of tokens. */
export function findMemoryOption(tokenMemory) {
  try {
    createTokenVerifier({ audience: AUDIENCE, trust: [{ issuer: 'https://idp.example' }], tokenMemory });
    return { tokenMemory };
  } catch (error) {
    if (error instanceof ConfigurationError && error.option === 'options.tokenMemory') return {};
    throw error;
  }
}
