import { isJsonObject, type Json, type JsonObject } from '@stepcast/asl-interpreter';
import { capitalized } from './services.ts';

/** What made-up values are made of. */
export interface Making {
  readonly nowMs: number;
  readonly requestId: string;
  readonly region: string;
  readonly accountId: string;
  readonly service: string;
  /** What a status says, so that the workflow goes on. */
  readonly status: string;
  /** Parameters of the call: a member of the same name is what was sent. */
  readonly parameters: Json;
}

/** Members by which lists are continued: with one, a workflow that reads page after page would never end. */
const continuation =
  /^(?:next|pagination|continuation|next_?continuation)?_?(?:token|marker|page)$|^next|^lastevaluated/i;

/** A value of a shape as `write-shapes.ts` writes it: `{Name:s,List:[i]}`. What is not understood is an empty object. */
export function valueOfShape(shape: string, making: Making): Json {
  let at = 0;
  const take = (literal: string): boolean => {
    if (!shape.startsWith(literal, at)) return false;
    at += literal.length;
    return true;
  };

  function read(name: string): Json {
    if (take('{')) return readStructure();
    if (take('[')) {
      const one = read(name);
      take(']');
      return [one];
    }
    if (take('<')) {
      const one = read(name);
      take('>');
      return { 'stand-in': one };
    }
    const kind = shape.charAt(at);
    at += 1;
    return scalar(kind, name, making);
  }

  function readStructure(): JsonObject {
    const members: [string, Json][] = [];
    while (at < shape.length && !take('}')) {
      const end = shape.indexOf(':', at);
      if (end < 0) break;
      const name = shape.slice(at, end);
      at = end + 1;
      const value = read(name);
      if (!continuation.test(name)) members.push([capitalized(name), value]);
      take(',');
    }
    // The values of DynamoDB have exactly one of their members.
    const isAttribute = members.some(([name]) => name === 'SS') && members.some(([name]) => name === 'NULL');
    return isAttribute ? { S: 'stand-in' } : Object.fromEntries(members);
  }

  return read('');
}

function scalar(kind: string, name: string, making: Making): Json {
  switch (kind) {
    case 'i':
    case 'n':
      return 1;
    case 'b':
      return false;
    case 't':
      return new Date(making.nowMs).toISOString();
    case 'x':
      return '';
    default:
      return textFor(name, making);
  }
}

function textFor(
  name: string,
  { parameters, service, region, accountId, requestId, status }: Making,
): string {
  const sent = isJsonObject(parameters) ? parameters[capitalized(name)] : undefined;
  if (typeof sent === 'string') return sent;
  if (/(?:status|state)$/i.test(name)) return status;
  if (/arn$/i.test(name)) return `arn:aws:${service}:${region}:${accountId}:stand-in`;
  if (/id$/i.test(name)) return requestId;
  if (/(?:url|uri)$/i.test(name)) return 'https://stand-in.invalid/';
  return 'stand-in';
}
