import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { SqsRequest } from './requests.ts';

/*
 * SQS takes every character that XML 1.0 has, those beyond U+FFFF included. fauxqs takes each for two halves and refuses the
 * message, so they travel through it spelt out, and the digests that clients check are made of the text as it was.
 */
const MARK = '\ue000';
const TO_SPELL = /\ue000|[\ud800-\udbff][\udc00-\udfff]/g;
const SPELT = /\ue000([0-9a-f]+);/g;

const Body = z.looseObject({ MessageBody: z.string() });
const Entries = z.looseObject({ Entries: z.array(z.looseObject({ Id: z.string() })) });
const Sent = z.looseObject({ MD5OfMessageBody: z.string() });
const SentBatch = z.looseObject({ Successful: z.array(z.looseObject({ Id: z.string() })) });
const Received = z.looseObject({ Messages: z.array(z.looseObject({ Body: z.string() })) });

function spell(text: string): string {
  return text.replace(TO_SPELL, (character) => `${MARK}${(character.codePointAt(0) ?? 0).toString(16)};`);
}

function read(text: string): string {
  return text.replace(SPELT, (_whole, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

function bodyOf(value: unknown): string | undefined {
  return Body.safeParse(value).data?.MessageBody;
}

/** A request as fauxqs takes it. */
export function spellRequest(request: SqsRequest): SqsRequest {
  const spelt = <T extends object>(given: T): T => {
    const body = bodyOf(given);
    return body === undefined ? given : { ...given, MessageBody: spell(body) };
  };
  const batch = Entries.safeParse(request).data;
  return batch === undefined ? spelt(request) : { ...request, Entries: batch.Entries.map(spelt) };
}

/** A reply of fauxqs as SQS would have given it to that request. */
export function readReply<Reply extends object>(reply: Reply, request: SqsRequest): Reply {
  const received = Received.safeParse(reply).data;
  if (received !== undefined) {
    const Messages = received.Messages.map((message) => {
      const text = read(message.Body);
      return text === message.Body ? message : { ...message, Body: text, MD5OfBody: md5(text) };
    });
    return { ...reply, Messages };
  }
  const body = bodyOf(request);
  if (body !== undefined && Sent.safeParse(reply).success) return { ...reply, MD5OfMessageBody: md5(body) };
  const sent = SentBatch.safeParse(reply).data;
  const entries = Entries.safeParse(request).data?.Entries;
  if (sent === undefined || entries === undefined) return reply;
  const bodies = new Map(entries.map((entry) => [entry.Id, bodyOf(entry)]));
  const Successful = sent.Successful.map((one) => {
    const text = bodies.get(one.Id);
    return text === undefined ? one : { ...one, MD5OfMessageBody: md5(text) };
  });
  return { ...reply, Successful };
}
