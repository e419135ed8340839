import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { StreamAudit, type AuditedMessage } from './stream-audit.ts';

/** Streams of a few messages each, one after the other. */
const streams = fc
  .array(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((all) =>
    all.flatMap((sizes, stream) => {
      let offset = 0;
      return sizes.map((size, index): AuditedMessage => {
        const firstOffset = offset + 1;
        offset += size;
        return { stream: `s${stream}`, firstOffset, lastOffset: offset, isLast: index === sizes.length - 1 };
      });
    }),
  );

function auditOf(messages: readonly AuditedMessage[]) {
  const audit = new StreamAudit();
  for (const message of messages) audit.add(message);
  return audit.report();
}
const sizeOf = ({ firstOffset, lastOffset }: AuditedMessage) => lastOffset - firstOffset + 1;

describe('the audit of streams', () => {
  it('finds nothing wrong with whole streams, and counts their ends', () => {
    fc.assert(
      fc.property(streams, (messages) => {
        const ended = messages.filter(({ isLast }) => isLast).length;
        expect(auditOf(messages)).toMatchObject({ missing: 0, repeated: 0, open: 0, ended });
      }),
    );
  });

  it('counts the offsets of a message that is lost', () => {
    fc.assert(
      fc.property(streams, fc.nat(), (messages, at) => {
        const lost = messages[at % messages.length];
        const report = auditOf(messages.filter((one) => one !== lost));
        // Nothing comes after the last message of a stream: there the missing end tells.
        const isLast = lost?.isLast === true;
        expect(report.missing).toBe(lost === undefined || isLast ? 0 : sizeOf(lost));
        expect(report.ended).toBe(messages.filter((one) => one.isLast && one !== lost).length);
      }),
    );
  });

  it('counts what is redelivered as repeated and never as missing', () => {
    fc.assert(
      fc.property(streams, fc.nat(), (messages, at) => {
        const again = messages[at % messages.length];
        if (again === undefined) return;
        const report = auditOf([...messages, again]);
        expect(report).toMatchObject({ missing: 0, repeated: sizeOf(again) });
      }),
    );
  });
});
