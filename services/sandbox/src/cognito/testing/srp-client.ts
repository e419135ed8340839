import { createHash, hkdfSync } from 'node:crypto';
import { bytesOf, claimSignature, numberOf, power, PRIME } from '../srp/protocol.ts';

export { PRIME } from '../srp/protocol.ts';
export { timestampOf } from './timestamp.ts';

/** A client of SRP whose every step can be done wrongly. Stock clients are tested beside it. */
export interface SrpClient {
  /** `SRP_A`, in hex. */
  readonly publicNumber: string;
  /** @returns `ChallengeResponses` for these `ChallengeParameters` */
  answer(challenge: Readonly<Record<string, string>>, timestamp: string): Record<string, string>;
}

const hash = (...parts: readonly (Uint8Array | string)[]) => {
  const sha = createHash('sha256');
  for (const part of parts) sha.update(part);
  return sha.digest();
};

/** @param userPoolId `<region>_<name>` */
export function srpClient(
  userPoolId: string,
  username: string,
  password: string,
  secret = 0x5eed_5eed_5eedn,
): SrpClient {
  const [, poolName = ''] = userPoolId.split('_');
  const publicNumber = power(2n, secret);
  return {
    publicNumber: publicNumber.toString(16),
    answer({ SALT = '0', SRP_B = '0', SECRET_BLOCK = '', USER_ID_FOR_SRP = '' }, timestamp) {
      const [salt, serverPublic] = [BigInt(`0x${SALT}`), BigInt(`0x${SRP_B}`)];
      const multiplier = numberOf(hash(bytesOf(PRIME), bytesOf(2n)));
      const scrambler = numberOf(hash(bytesOf(publicNumber), bytesOf(serverPublic)));
      const x = numberOf(hash(bytesOf(salt), hash(`${poolName}${USER_ID_FOR_SRP}:${password}`)));
      const base = (serverPublic + PRIME - ((multiplier * power(2n, x)) % PRIME)) % PRIME;
      const shared = power(base, secret + scrambler * x);
      const key = hkdfSync('sha256', bytesOf(shared), bytesOf(scrambler), 'Caldera Derived Key', 16);
      const signature = claimSignature(new Uint8Array(key), {
        poolName,
        username: USER_ID_FOR_SRP,
        secretBlock: Buffer.from(SECRET_BLOCK, 'base64'),
        timestamp,
      });
      return {
        USERNAME: username,
        PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK,
        PASSWORD_CLAIM_SIGNATURE: signature.toString('base64'),
        TIMESTAMP: timestamp,
      };
    },
  };
}
