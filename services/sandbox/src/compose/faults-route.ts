import { describeIssues, parseValue, type ErrorReply } from '@stepcast/contracts';
import { isToken } from '@stepcast/forwarder';
import { TOKEN_HEADER } from '@stepcast/wire';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { FaultRates } from '../config.ts';
import { isFromHere } from './door.ts';
import type { FaultSettings } from './faults.ts';

export const FAULTS_PATH = '/faults';

/**
 * Adds `GET /faults`, which answers the rates, and `PATCH /faults`, which changes those in its body and answers all of them: 400 with
 * what is wrong, 403 for callers who may not.
 *
 * The sandbox's own page may, when it is open on this machine; everybody else needs the token. Pages of other origins may not, although
 * the door lets those of this machine in: what they are developed against should misbehave only when its person wants it to.
 */
export function registerFaultsRoute(server: FastifyInstance, faults: FaultSettings, token: string): void {
  server.get(FAULTS_PATH, () => faults.rates);
  server.patch(FAULTS_PATH, async (request, reply) => {
    if (!isOwnPage(request) && !isToken(request.headers[TOKEN_HEADER], token))
      return reply.code(403).send(refusal('SANDBOX_TOKEN_REFUSED', REFUSED));
    const parsed = parseValue(Change, request.body);
    if (!parsed.ok)
      return reply
        .code(400)
        .send(refusal('SANDBOX_FAULTS_INVALID', `the body is wrong: ${describeIssues(parsed.issues)}`));
    faults.change(parsed.value);
    return faults.rates;
  });
}

const Change = z.partialRecord(FaultRates.keyof(), z.number().min(0).max(1));

const REFUSED =
  `faults are switched by the sandbox's own page on this machine, or with the header ${TOKEN_HEADER}; ` +
  'GET /sandbox.json on this machine has the token';

function refusal(code: string, message: string): ErrorReply {
  return { error: { code, message, retryable: false } };
}

/** Browsers say whose page asks, and no page can say otherwise. */
function isOwnPage(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  return (
    isFromHere(request) &&
    host !== undefined &&
    (origin === `http://${host}` || origin === `https://${host}`) &&
    request.headers['sec-fetch-site'] === 'same-origin'
  );
}
