import { type Verified } from './verify.ts';

/** What is said after the report, a line each, and how the process ends. */
export function endingOf({ failures, openInEmulator, left }: Omit<Verified, 'report' | 'seen'>): {
  readonly lines: readonly string[];
  readonly exitCode: number;
} {
  return {
    lines: [
      ...(openInEmulator.length === 0
        ? []
        : [
            'The emulator checks no rights, so a dry run cannot say whether Ada and Bob are kept apart. No failure:',
            ...openInEmulator.map((what) => `  ${what}`),
          ]),
      ...failures.map((failure) => `FAILED: ${failure}`),
      ...left.map((what) => `NOT REMOVED: ${what}`),
    ],
    exitCode: failures.length + left.length === 0 ? 0 : 1,
  };
}

/** In words, what opened to Bob. */
export const openTo = (what: string): string => `isolation: nothing of Ada’s may open to Bob, but he ${what}`;
