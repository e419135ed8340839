import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type HttpService, notImplemented, type RestService } from '../core/index.ts';

const MAX_BODY_BYTES = 1024 * 1024;

type Route = RestService['routes'][number];

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** The parameters of a path that has a route's form, or `undefined`. */
function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const segment = given[index] ?? '';
    if (part.startsWith('{') && part.endsWith('}')) {
      const value = decode(segment);
      if (value === undefined || value === '') return undefined;
      parameters[part.slice(1, -1)] = value;
    } else if (part !== segment) return undefined;
  }
  return parameters;
}

function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly parameters: Record<string, string> } | undefined {
  for (const route of routes) {
    const parameters = route.method === method ? matchPath(route.path, path) : undefined;
    if (parameters !== undefined) return { route, parameters };
  }
  return undefined;
}

/**
 * The wire of REST-JSON (the IoT control plane). The input of an operation is `{ ...query, ...body, ...path }`: the
 * path parameters come last, so that a body cannot name another resource than the one that was signed and routed.
 */
export function restHttpService(service: RestService): HttpService {
  return {
    name: service.name,
    signingName: service.signingName,
    pathEscaping: 'twice',
    errorWire: 'rest-json',
    bufferBody: { maxBytes: MAX_BODY_BYTES },
    isPublic: () => false,
    handle: async (request, call) => {
      const found = findRoute(service.routes, request.method, request.path);
      if (found === undefined) throw notImplemented(`${service.name} ${request.method} ${request.path}`);
      const body = parseJson(
        z.record(z.string(), z.unknown()),
        request.body.length === 0 ? '{}' : request.body.toString('utf8'),
      );
      if (!body.ok)
        throw new AwsError('SerializationException', 400, 'The body of the request is not a JSON object.');
      const input = { ...Object.fromEntries(request.query), ...body.value, ...found.parameters };
      const output = await found.route.operation(input, call);
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(output ?? {}),
      };
    },
  };
}
