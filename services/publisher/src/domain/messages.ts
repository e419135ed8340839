import {
  MESSAGE_TYPES,
  progressMessageId,
  subjectOf,
  type Overview,
  type OverviewMessage,
} from '@stepcast/contracts';
import { messageText, renderJson, withMember, type Handover } from '@stepcast/wire';

/** `source` of messages in which no workflow is involved. */
export const SENDER = 'stepcast';

/** A handover that brings events. */
export interface EntryHandover extends Handover {
  readonly events: string;
}

/** A handover that brings a state. */
export interface StateHandover extends Handover {
  readonly state: string;
}

export function hasEvents(handover: Handover): handover is EntryHandover {
  return handover.events !== undefined;
}

export function hasState(handover: Handover): handover is StateHandover {
  return handover.state !== undefined;
}

/**
 * The progress message of consecutive handovers of one stream, in order. Their events stand in it as they were rendered;
 * only what is around them is written here. The same handovers make the same bytes whenever they are sent.
 */
export function progressMessage(handovers: readonly [EntryHandover, ...EntryHandover[]]): Buffer {
  const [first] = handovers;
  const last = handovers.at(-1) ?? first;
  const { identityId, uploadId, epoch, epochStartedAt, source, firstOffset } = first;
  const { lastOffset, line } = last;
  const range = { uploadId, epoch, firstOffset, lastOffset };
  const events =
    handovers.length === 1 ? first.events : `[${handovers.map((one) => one.events.slice(1, -1)).join(',')}]`;
  const frame = renderJson({
    identityId,
    uploadId,
    epoch,
    epochStartedAt,
    firstOffset,
    lastOffset,
    replay: false,
  });
  const data = withMember(frame, 'events', events);
  const truncated = handovers.some((one) => one.truncated);
  return Buffer.from(
    messageText(
      {
        id: progressMessageId(range),
        type: MESSAGE_TYPES.progress,
        time: line.updatedAt,
        source,
        subject: subjectOf(line.bucket, line.key),
      },
      truncated ? withMember(data, 'truncated', 'true') : data,
    ),
  );
}

/** What the message of a state takes. */
export type StateToPublish = Pick<
  StateHandover,
  'uploadId' | 'epoch' | 'lastOffset' | 'source' | 'line' | 'state'
>;

/** The state message of a handover that brings a state, or of the journal. */
export function stateMessage({ uploadId, epoch, lastOffset, source, line, state }: StateToPublish): Buffer {
  return Buffer.from(
    messageText(
      {
        id: `${uploadId}:${epoch}:${lastOffset}:state`,
        type: MESSAGE_TYPES.state,
        time: line.updatedAt,
        source,
        subject: subjectOf(line.bucket, line.key),
      },
      state,
    ),
  );
}

export function overviewMessage(overview: Overview): Buffer {
  const message: OverviewMessage = {
    specversion: '1.0',
    id: `${overview.identityId}:overview:${overview.asOf}`,
    type: MESSAGE_TYPES.overview,
    time: overview.asOf,
    source: SENDER,
    datacontenttype: 'application/json',
    data: overview,
  };
  return Buffer.from(JSON.stringify(message));
}
