import type { ErrorReply } from '@stepcast/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuseUpgrade } from '../core/index.ts';
import type { Guard } from '../front/index.ts';
import type { Application } from './bind.ts';
import { PREFIXES } from './place.ts';

/** What an object of somebody may do in a browser that opens it at the sandbox's address: nothing. */
const OBJECT_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

function pagePolicy(connect: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    ["connect-src 'self'", ...connect].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Lets in what the guard lets in, and has every answer say what browsers may do with it.
 * @param connect origins that the page talks to besides its own
 */
export function addDoor(server: FastifyInstance, guard: Guard, connect: readonly string[]): void {
  const policy = pagePolicy(connect);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': request.url.startsWith('/aws/') ? OBJECT_POLICY : policy,
      vary: 'Origin',
    });
    const refusal = guard(request.headers);
    if (refusal === undefined) return;
    const body: ErrorReply = { error: { ...refusal, retryable: false } };
    await reply.code(refusal.code === 'SANDBOX_HOST_REFUSED' ? 421 : 403).send(body);
  });
}

/** Whether the other end of the connection is on this machine. */
export function isFromHere(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? '';
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

interface WebSocketDoors {
  readonly broker: { readonly handleUpgrade: Application['upgrade'] };
  readonly signaling: { readonly handleUpgrade: Application['upgrade'] };
}

/** Lets in the WebSockets that the guard lets in. */
export function upgradeDoor(guard: Guard, { broker, signaling }: WebSocketDoors): Application['upgrade'] {
  return (request, socket, head) => {
    const refusal = guard(request.headers);
    if (refusal !== undefined) {
      refuseUpgrade(socket, 403, refusal.message);
      return;
    }
    const door = request.url?.startsWith(`${PREFIXES.kinesisVideo}/`) === true ? signaling : broker;
    door.handleUpgrade(request, socket, head);
  };
}
