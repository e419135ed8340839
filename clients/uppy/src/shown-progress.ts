import type { UploadState } from '@stepcast/contracts';
import type { UploadPhase } from '@stepcast/web';
import type { FileProcessingInfo } from '@uppy/core/utils';
import type { WORDS } from './options.ts';

/** Gives the words for a key of `WORDS`, in the language of the page. */
export type Words = (key: keyof (typeof WORDS)['strings'], values?: Record<string, string>) => string;

/** What a file's row shows of the workflow; undefined while it is not there yet. */
export function shownProgress(phase: UploadPhase, words: Words): FileProcessingInfo | undefined {
  if (phase.phase === 'queued') {
    const message = words(phase.waiting?.longerThanUsual === true ? 'waitingLong' : 'waiting');
    return { mode: 'indeterminate', message };
  }
  if (phase.phase !== 'running') return undefined;
  const message = messageOf(phase.state, words);
  if (phase.percent === null) return { mode: 'indeterminate', message };
  return { mode: 'determinate', message, value: phase.percent / 100 };
}

function messageOf({ steps }: UploadState, words: Words): string {
  const step = steps.findLast(({ status }) => status === 'running' || status === 'retrying');
  return step === undefined ? words('running') : words('runningStep', { step: step.name });
}
