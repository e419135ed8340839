import type { ProgressEvent } from '@stepcast/contracts';
import { entriesOf, epochsOf, eventsOf, type OperatorTable, UnknownSubjectError } from '@stepcast/operations';
import { columns } from '../../report/lines.ts';
import type { UploadRef } from './export-journal.ts';

export interface ShownStream extends UploadRef {
  readonly epoch: string;
  readonly epochStartedAt: string;
  readonly events: readonly ProgressEvent[];
}

export interface ShowOptions {
  /** Default: the newest epoch. */
  readonly epoch: string | undefined;
  readonly from: number;
  readonly to: number;
}

/** The events of an upload's stream. @throws UnknownSubjectError where there are none in the range */
export async function showJournal(
  table: OperatorTable,
  upload: UploadRef,
  { epoch, from, to }: ShowOptions,
): Promise<ShownStream> {
  const epochs = await epochsOf(table, upload.identityId, upload.uploadId);
  const wanted = epoch === undefined ? epochs.at(-1) : epochs.find((one) => one.epoch === epoch);
  if (wanted === undefined)
    throw new UnknownSubjectError(
      epoch === undefined
        ? `no version of ${upload.uploadId} is in the journal`
        : `${upload.uploadId} has no epoch ${epoch}; there are ${epochs.map((one) => one.epoch).join(', ')}`,
    );
  const entries = await entriesOf(table, { ...upload, epoch: wanted.epoch });
  const events = entries.flatMap(eventsOf).filter(({ offset }) => offset >= from && offset <= to);
  if (events.length === 0)
    throw new UnknownSubjectError(
      `no offset of ${upload.uploadId} is in that range; its journal has ${entries[0]?.firstOffset ?? 0} to ${entries.at(-1)?.lastOffset ?? 0}`,
    );
  return { ...upload, epoch: wanted.epoch, epochStartedAt: wanted.epochStartedAt, events };
}

export function eventCells(event: ProgressEvent): readonly string[] {
  const { step, iterations, error, gap } = event;
  const details = [
    ...(step === undefined
      ? []
      : [`${step.name}${(step.attempt ?? 1) > 1 ? ` (attempt ${step.attempt ?? 1})` : ''}`]),
    ...(iterations === undefined
      ? []
      : [`${iterations.succeeded + iterations.failed} of ${iterations.total ?? '?'} items`]),
    ...(error === undefined
      ? []
      : [`${error.name}${error.message === undefined ? '' : `: ${error.message}`}`]),
    ...(gap === undefined ? [] : [`records ${gap.firstEventId} to ${gap.lastEventId}: ${gap.reason}`]),
  ];
  return [
    String(event.offset),
    event.time,
    event.kind,
    event.percent === undefined || event.percent === null ? '-' : `${Math.round(event.percent)}%`,
    details.join(', '),
  ];
}

export function renderStream(stream: ShownStream): readonly string[] {
  return [
    `${stream.uploadId} of ${stream.identityId}, epoch ${stream.epoch} since ${stream.epochStartedAt}`,
    '',
    ...columns(['OFFSET', 'TIME', 'EVENT', 'PERCENT', 'WHAT'], stream.events.map(eventCells)),
  ];
}
