/** The selected step. */
export interface ChosenStep {
  readonly uploadId: string;
  /** Address of a line of the timeline. */
  readonly line: string;
}

/** What this needs of a window. */
type PageAddress = Pick<Window, 'addEventListener'> & {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  readonly history: Pick<History, 'replaceState'>;
};

/**
 * The step whose details are open is in the address of the page, `#upload=…&step=…`: it is there after a reload, and in a bookmark. An
 * address of somebody else's upload opens nothing.
 */
export function chosenStep(page: PageAddress) {
  const listeners: (() => void)[] = [];
  let current = read(page.location.hash);
  const notify = () => {
    for (const listener of listeners) listener();
  };
  page.addEventListener('hashchange', () => {
    current = read(page.location.hash);
    notify();
  });
  return {
    get uploadId(): string | undefined {
      return current?.uploadId;
    },
    /** Null where the selected step is of another upload. */
    lineOf: (uploadId: string): string | null => (current?.uploadId === uploadId ? current.line : null),
    /** @param line null: none of this upload any more */
    choose(uploadId: string, line: string | null): void {
      if (line === null && current?.uploadId !== uploadId) return;
      current = line === null ? undefined : { uploadId, line };
      const { pathname, search } = page.location;
      // Replaced, not added: the button Back leads to another page and not through every step that was selected.
      page.history.replaceState(null, '', `${pathname}${search}${hashOf(current)}`);
      notify();
    },
    onChange(listener: () => void): void {
      listeners.push(listener);
    },
  };
}
export type ChosenStepInAddress = ReturnType<typeof chosenStep>;

function hashOf(chosen: ChosenStep | undefined): string {
  if (chosen === undefined) return '';
  return `#${new URLSearchParams({ upload: chosen.uploadId, step: chosen.line }).toString()}`;
}

function read(hash: string): ChosenStep | undefined {
  const said = new URLSearchParams(hash.slice(1));
  const uploadId = said.get('upload') ?? '';
  const line = said.get('step') ?? '';
  return uploadId === '' || line === '' ? undefined : { uploadId, line };
}
