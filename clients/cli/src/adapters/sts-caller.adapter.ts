import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { CallerSource } from '../ports/sources.port.ts';
import { answer } from './answer.ts';

/** `GetCallerIdentity`, which everybody may call. */
export function createStsCaller(client: STSClient): CallerSource {
  return {
    caller: () =>
      answer('sts:GetCallerIdentity', async () => {
        const { Account = '', Arn = '' } = await client.send(new GetCallerIdentityCommand({}));
        return { accountId: Account, arn: Arn };
      }),
  };
}
