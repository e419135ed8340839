import { type CatchUpRequest, MESSAGE_TYPES } from '@stepcast/contracts';
import { randomName, type Runtime } from './runtime.ts';

/** A catch-up request as the bytes of its CloudEvent. */
export function requestMessage(request: CatchUpRequest, runtime: Runtime): Uint8Array {
  const message = {
    specversion: '1.0',
    id: randomName(runtime),
    type: MESSAGE_TYPES.catchUpRequest,
    time: new Date(runtime.now()).toISOString(),
    source: 'stepcast-web',
    datacontenttype: 'application/json',
    data: request,
  };
  return new TextEncoder().encode(JSON.stringify(message));
}
