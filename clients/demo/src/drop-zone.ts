import { button, el, setText } from './dom.ts';
import { samplePhoto } from './pictures.ts';
import type { SandboxConfig } from './sandbox-config.ts';

/** A file that is no picture, to see the workflow refuse it. */
const noPicture = () => new File(['This is a note, not a picture.\n'], 'note.txt', { type: 'text/plain' });

/**
 * Takes files: dropped or chosen, and for the workflow that comes with the sandbox, made up.
 * @param owner whose files, for who does not see the page
 */
export function dropZone(parts: {
  readonly owner: string;
  readonly workflow: SandboxConfig['workflow'];
  readonly onFiles: (files: readonly File[]) => void;
}) {
  const { owner, workflow } = parts;
  const what = workflow.isExample ? 'photos' : 'files';
  const input = el('input', {
    type: 'file',
    multiple: true,
    class: 'unseen',
    tabindex: '-1',
    accept: workflow.accept,
    'aria-label': `Files of ${owner}`,
  });
  input.addEventListener('change', () => {
    parts.onFiles([...(input.files ?? [])]);
    // So that the same file can be chosen again.
    input.value = '';
  });
  const problem = el('p', { class: 'form-problem', role: 'alert' });
  const forOwner = () => el('span', { class: 'unseen' }, ` for ${owner}`);
  const choose = button(`Choose ${what}`, 'main', () => input.click());
  choose.append(forOwner());
  const sample = button('Use a sample photo', 'second', () => void useSample());
  sample.append(forOwner());
  const wrong = button('Send a text file instead', 'plain', () => parts.onFiles([noPicture()]));
  wrong.append(forOwner());

  async function useSample(): Promise<void> {
    setText(problem, '');
    sample.disabled = true;
    try {
      parts.onFiles([await samplePhoto()]);
    } catch {
      setText(problem, 'This browser cannot draw a sample. Choose a photo of your own.');
    } finally {
      sample.disabled = false;
      sample.focus();
    }
  }

  const accepted =
    workflow.isExample || workflow.accept === '' ? '' : ` (${workflow.accept.replaceAll(',', ', ')})`;
  const root = el(
    'div',
    { class: 'drop-zone' },
    el('p', { class: 'drop-words' }, `Drop ${what} here${accepted}`),
    el('div', { class: 'drop-buttons' }, choose, ...(workflow.isExample ? [sample] : [])),
    ...(workflow.isExample ? [wrong] : []),
    input,
    problem,
  );
  // Entering a child fires `dragleave` on the zone as well: what counts is how deep the pointer is.
  let depth = 0;
  const over = (change: number) => {
    depth = Math.max(0, depth + change);
    root.classList.toggle('over', depth > 0);
  };
  root.addEventListener('dragenter', (event) => {
    event.preventDefault();
    over(1);
  });
  root.addEventListener('dragleave', () => over(-1));
  root.addEventListener('dragover', (event) => event.preventDefault());
  root.addEventListener('drop', (event) => {
    event.preventDefault();
    over(-depth);
    parts.onFiles([...(event.dataTransfer?.files ?? [])]);
  });
  return { root };
}
