import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import { readJson } from '@stepcast/contracts';
import { flushProgress, reportProgress } from '@stepcast/contracts/report';
import { asError } from '@stepcast/kit';
import { ObjectTooLarge } from '../errors.ts';
import type { HandlerContext, Handlers } from '../handler.ts';
import { createPhotoHandlers } from '../photo-handlers.ts';
import { createSharpPictureTool } from '../sharp-picture-tool.adapter.ts';
import { handlersOf } from '../user-workflow.ts';
import { setReportToken } from './config.ts';
import { errorOfWire, ToWorker, WorkerData, wireErrorOf, type FromWorker } from './messages.ts';

/** The thread in which handlers run: one call at a time, so that a handler that never returns holds up no other. */

if (parentPort === null) throw new TypeError('this is the main thread');
const port = parentPort;
const { file, reportToken } = WorkerData.parse(workerData);
// Before the handlers are loaded.
setReportToken(reportToken);

/**
 * So long the demo stops twice, for people to see what a step says. More than the second that the helper and the correlator leave between
 * two reports: after less, the second report would come when the step has ended, and be dropped.
 */
const PAUSE_MS = 1_200;
const TELLING = {
  report: reportProgress,
  flush: flushProgress,
  pause: (signal: AbortSignal) => pause(PAUSE_MS, undefined, { signal }),
};

const asked = new Map<number, PromiseWithResolvers<Uint8Array<ArrayBuffer>>>();
const aborts = new Map<number, AbortController>();
let asks = 0;

function say(message: FromWorker): void {
  port.postMessage(message);
}

/** Asks the main thread, which has the client of S3. */
function ask(message: (id: number) => FromWorker): Promise<Uint8Array<ArrayBuffer>> {
  const id = (asks += 1);
  const waiting = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  asked.set(id, waiting);
  say(message(id));
  return waiting.promise.finally(() => asked.delete(id));
}

const objects: Pick<HandlerContext, 'getObject' | 'putObject'> = {
  async getObject(bucket, key, limits) {
    return Buffer.from(await ask((id) => ({ kind: 'get', ask: id, bucket, key, ...limits })));
  },
  async putObject(bucket, key, body, options) {
    await ask((id) => ({ kind: 'put', ask: id, bucket, key, body: Uint8Array.from(body), ...options }));
  },
};

/** As the runtime of Lambda does; undefined for what is no JSON, such as a cycle. */
function textOf(result: unknown): string | undefined {
  if (result === undefined || typeof result === 'function' || typeof result === 'symbol') return 'null';
  try {
    return JSON.stringify(result);
  } catch {
    return undefined;
  }
}

async function run(
  handlers: Handlers,
  { call, functionName, payload, attempt, executionArn }: Extract<ToWorker, { readonly kind: 'call' }>,
): Promise<void> {
  const abort = new AbortController();
  aborts.set(call, abort);
  try {
    const handler = Object.hasOwn(handlers, functionName) ? handlers[functionName] : undefined;
    const event = readJson(payload);
    if (handler === undefined || !event.ok) throw new TypeError(`there is no handler ${functionName}`);
    const { signal } = abort;
    const text = textOf(
      await handler(event.value, { ...objects, signal, attempt, executionArn, functionName }),
    );
    say({ kind: 'result', call, ...(text === undefined ? {} : { text }) });
  } catch (thrown) {
    say({ kind: 'failure', call, error: wireErrorOf(thrown) });
  } finally {
    aborts.delete(call);
  }
}

function hear(handlers: Handlers, message: ToWorker): void {
  switch (message.kind) {
    case 'call':
      void run(handlers, message);
      return;
    case 'abort':
      aborts.get(message.call)?.abort(errorOfWire(message.error));
      return;
    case 'answer':
      asked.get(message.ask)?.resolve(message.bytes);
      return;
    case 'refusal': {
      const { error } = message;
      asked
        .get(message.ask)
        ?.reject(error.name === 'ObjectTooLarge' ? new ObjectTooLarge(error.message) : errorOfWire(error));
    }
  }
}

async function load(): Promise<Handlers> {
  if (file === undefined) return createPhotoHandlers(createSharpPictureTool(), TELLING);
  let module: unknown;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (thrown) {
    throw new Error(`--handlers ${file} cannot be loaded: ${asError(thrown).message}`, { cause: thrown });
  }
  return handlersOf(module, file);
}

try {
  const handlers = await load();
  port.on('message', (message: unknown) => {
    hear(handlers, ToWorker.parse(message));
  });
  say({ kind: 'ready', names: Object.keys(handlers) });
} catch (thrown) {
  say({ kind: 'unusable', message: asError(thrown).message });
}
