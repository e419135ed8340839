import { isTerminal, type UploadId } from '@stepcast/contracts';
import type { ChosenStepInAddress } from './chosen-step.ts';
import type { ShownWorkflow } from './details.ts';
import { button, el, setText } from './dom.ts';
import type { PersonUploads, UploadsView } from './person-uploads.ts';
import { uploadCard, type UploadCard } from './upload-card.ts';
import type { ListedUpload } from './upload-list.ts';
import type { Now } from './upload-view.ts';

/** The list of one person's uploads, with what leads to earlier ones. */
export function uploadsList(parts: {
  readonly owner: string;
  readonly workflow: ShownWorkflow;
  readonly chosen: ChosenStepInAddress;
  readonly uploads: () => PersonUploads | undefined;
  readonly announce: (text: string) => void;
}) {
  const cards = new Map<UploadId, UploadCard>();
  const list = el('div', { class: 'uploads' });
  const empty = el('p', { class: 'empty' });
  const count = el('p', { class: 'count' });
  const more = button('Show earlier uploads', 'second', () => parts.uploads()?.showMore());
  more.append(el('span', { class: 'unseen' }, ` of ${parts.owner}`));
  const problem = el('p', { class: 'form-problem', role: 'alert' });
  const root = el(
    'div',
    { class: 'uploads-area' },
    list,
    empty,
    el('div', { class: 'list-end' }, count, more),
    problem,
  );
  /** The one whose steps are open by themselves: the newest that was seen to run. It stays open after its end. */
  let opened: UploadId | undefined;

  function cardOf(upload: ListedUpload): UploadCard {
    const { uploadId } = upload;
    const known = cards.get(uploadId);
    if (known !== undefined) return known;
    const made = uploadCard(
      {
        pause: () => parts.uploads()?.pause(uploadId),
        resume: () => parts.uploads()?.resume(uploadId),
        cancel: () => parts.uploads()?.cancel(uploadId),
        sendAgain: () => parts.uploads()?.sendAgain(uploadId),
        announce: parts.announce,
      },
      upload,
      parts.workflow,
      {
        current: () => parts.chosen.lineOf(uploadId),
        choose: (line) => parts.chosen.choose(uploadId, line),
      },
    );
    cards.set(uploadId, made);
    return made;
  }

  function update(view: UploadsView, now: Now): void {
    const { shown, total, hasMore, isLoading } = view;
    const running = shown.find(
      ({ state }) => state !== undefined && !isTerminal(state.status) && state.steps.length > 0,
    );
    const before = shown.findIndex(({ uploadId }) => uploadId === opened);
    // Upwards only: what was opened once does not fold while somebody reads it.
    if (running !== undefined && (before < 0 || shown.indexOf(running) < before)) opened = running.uploadId;
    for (const [index, upload] of shown.entries()) {
      const card = cardOf(upload);
      card.update(upload, now, upload.uploadId === opened);
      // Only what is out of place moves: moving takes the focus away.
      if (list.children[index] !== card.root) list.insertBefore(card.root, list.children[index] ?? null);
    }
    empty.hidden = shown.length > 0;
    setText(
      empty,
      total === undefined && isLoading
        ? 'Looking for earlier uploads…'
        : 'No uploads yet. What you upload shows here, step by step.',
    );
    more.hidden = !hasMore;
    more.disabled = isLoading;
    setText(count, countOf(shown.length, total));
    setText(problem, view.problem);
  }

  return {
    root,
    update,
    clear() {
      cards.clear();
      opened = undefined;
      list.replaceChildren();
    },
  };
}

/** A list of one or two counts itself. */
function countOf(shown: number, total: number | undefined): string {
  if (shown < 3) return '';
  return total === undefined || shown === total ? `${shown} uploads` : `${shown} of ${total} uploads`;
}
