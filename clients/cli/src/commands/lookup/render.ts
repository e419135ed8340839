import { columns, count, pairs } from '../../report/lines.ts';
import type { EpochView, ExecutionView, LookUp, UploadView } from '@stepcast/operations';

const rangeText = ([first, last]: readonly [number, number]) =>
  first === last ? String(first) : `${first}–${last}`;

/** What was looked up, for people. */
export function renderLookUp(found: LookUp): readonly string[] {
  switch (found.kind) {
    case 'identity':
      return [
        ...pairs([
          ['identity', found.identity.identityId],
          ['overview', found.identity.overviewTopic],
        ]),
        '',
        ...columns(
          ['UPLOAD', 'STATUS', 'PERCENT', 'OFFSET', 'UPDATED', 'OBJECT'],
          found.identity.uploads.map((line) => [
            line.uploadId,
            line.status,
            line.percent === null ? '-' : `${Math.round(line.percent)}%`,
            String(line.position.offset),
            line.updatedAt,
            `s3://${line.bucket}/${line.key}`,
          ]),
        ),
      ];
    case 'upload':
      return found.uploads.flatMap((upload, index) => [
        ...(index === 0 ? [] : ['']),
        ...linesOfUpload(upload),
      ]);
    case 'execution':
      return [
        ...linesOfExecution(found.execution, ''),
        ...(found.upload === null ? [] : ['', ...linesOfUpload(found.upload, found.execution.executionArn)]),
      ];
  }
}

function linesOfUpload(upload: UploadView, leaveOut?: string): readonly string[] {
  return [
    ...pairs([
      ['upload', upload.uploadId],
      ['object', upload.bucket === null ? undefined : `s3://${upload.bucket}/${upload.key ?? ''}`],
      ['owner', upload.identityId],
      ['events', upload.topics.events],
      ['state', upload.topics.state],
      ['overview', upload.topics.overview],
      [
        'waiting',
        upload.waitingForVersion.length === 0
          ? undefined
          : `for a version: ${upload.waitingForVersion.join(', ')}`,
      ],
    ]),
    ...upload.epochs.flatMap((epoch) => ['', ...linesOfEpoch(epoch, leaveOut)]),
  ];
}

function linesOfEpoch(epoch: EpochView, leaveOut: string | undefined): readonly string[] {
  const { firstOffset, lastOffset, missingOffsets, gaps } = epoch;
  const status = [
    epoch.status ?? 'unknown: no snapshot is left',
    ...(epoch.percent === null ? [] : [`${Math.round(epoch.percent)}%`]),
    ...(epoch.error === null
      ? []
      : [`${epoch.error.name}${epoch.error.message === undefined ? '' : `: ${epoch.error.message}`}`]),
  ].join(', ');
  return [
    `epoch ${epoch.epoch} since ${epoch.epochStartedAt}${epoch.newest ? ' (newest)' : ''}`,
    ...pairs(
      [
        ['status', status],
        [
          'offsets',
          firstOffset === null || lastOffset === null
            ? 'none: no entry is in the journal'
            : `${rangeText([firstOffset, lastOffset])} in ${count(epoch.entries, 'entry', 'entries')}`,
        ],
        ['updated', epoch.updatedAt ?? undefined],
        [
          'missing',
          missingOffsets.length === 0 ? undefined : `offsets ${missingOffsets.map(rangeText).join(', ')}`,
        ],
        ...gaps.map(
          (gap) =>
            [
              'gap',
              `records ${rangeText([gap.firstEventId, gap.lastEventId])} never came: ${gap.reason}`,
            ] as const,
        ),
      ],
      '  ',
    ),
    ...epoch.executions
      .filter(({ executionArn }) => executionArn !== leaveOut)
      .flatMap((execution) => linesOfExecution(execution, '  ')),
  ];
}

function linesOfExecution(execution: ExecutionView, indent: string): readonly string[] {
  const { parked, proofs } = execution;
  return [
    `${indent}execution ${execution.executionArn}`,
    ...pairs(
      [
        ['status', execution.status ?? undefined],
        ['owner', execution.reason === null ? execution.owner : `${execution.owner}: ${execution.reason}`],
        ...proofs.map(
          ({ proof, confidence, why }) => ['proof', `${proof} (${words[confidence]}): ${why}`] as const,
        ),
        ['nested', execution.nested ? 'yes: its end is not the upload’s' : undefined],
        [
          'watched',
          execution.watchedSince === null
            ? undefined
            : `since ${execution.watchedSince}: it has not ended, or its last entry is on its way`,
        ],
        [
          'parked',
          parked === null
            ? undefined
            : `${count(parked.records, 'record')}${parked.firstId === null || parked.lastId === null ? '' : ` (ids ${rangeText([parked.firstId, parked.lastId])})`}${parked.statuses === 0 ? '' : `, ${count(parked.statuses, 'status', 'statuses')}`}, since ${parked.since ?? 'unknown'}`,
        ],
        ['why', parked?.why],
        ...execution.waitingChildren.map((child) => ['waits', `${child} waits for this owner`] as const),
      ],
      `${indent}  `,
    ),
  ];
}

const words = {
  certain: 'certain',
  certainIfPinned: 'certain where IAM pins the prefix',
  asParent: 'as certain as its parent’s',
  unknown: 'unknown',
} as const;
