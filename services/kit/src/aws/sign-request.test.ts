import { Sha256 } from '@aws-crypto/sha256-js';
import { describe, expect, it } from 'vitest';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { createSign } from './sign-request.ts';

const credentials = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
  secretAccessKey: fc.stringMatching(/^[A-Za-z0-9/+]{20,40}$/),
  sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9/+=]{1,300}$/), { nil: undefined }),
});
const when = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) });

describe('signing a request', () => {
  it('agrees with the signer of the SDK, whatever is signed, by whomever and on whichever day', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ credentials, nowMs: when, body: fc.string({ unit: 'grapheme' }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1'),
        fc.constantFrom('/', '/dynamodb/', '/with%20space/'),
        async (requests, region, path) => {
          const [service, host] = ['dynamodb', 'dynamodb.example:8000'];
          const sign = createSign({ service, region });
          for (const { credentials: by, nowMs, body } of requests) {
            const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'D.PutItem' };
            const ours = sign({ host, path, headers, body }, by, nowMs);
            const oracle = new SignatureV4({
              service,
              region,
              credentials: {
                accessKeyId: by.accessKeyId,
                secretAccessKey: by.secretAccessKey,
                ...(by.sessionToken === undefined ? {} : { sessionToken: by.sessionToken }),
              },
              sha256: Sha256,
              applyChecksum: false,
            });
            const request = new HttpRequest({ method: 'POST', path, headers: { ...headers, host }, body });
            const theirs = await oracle.sign(request, { signingDate: new Date(nowMs) });
            expect(ours).toEqual(theirs.headers);
          }
        },
      ),
    );
  });
});
