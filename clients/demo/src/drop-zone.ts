import { button, el, setText } from './dom.ts';
import { samplePhoto } from './pictures.ts';

/** A file that is no picture, to see the workflow refuse it. */
const noPicture = () => new File(['This is a note, not a picture.\n'], 'note.txt', { type: 'text/plain' });

/** Takes files: dropped, chosen, or made up. */
export function dropZone(parts: {
  readonly owner: string;
  readonly onFiles: (files: readonly File[]) => void;
}) {
  const input = el('input', {
    type: 'file',
    multiple: true,
    class: 'unseen',
    tabindex: '-1',
    'aria-label': `Files of ${parts.owner}`,
  });
  input.addEventListener('change', () => {
    parts.onFiles([...(input.files ?? [])]);
    // So that the same file can be chosen again.
    input.value = '';
  });
  const problem = el('p', { class: 'form-problem', role: 'alert' });
  const choose = button('Choose photos', 'main', () => input.click());
  const sample = button('Use a sample photo', 'second', () => void useSample());
  const wrong = button('Send a text file instead', 'plain', () => parts.onFiles([noPicture()]));

  async function useSample(): Promise<void> {
    setText(problem, '');
    sample.disabled = true;
    try {
      parts.onFiles([await samplePhoto()]);
    } catch {
      setText(problem, 'This browser cannot draw a sample. Choose a photo of your own.');
    } finally {
      sample.disabled = false;
    }
  }

  const root = el(
    'div',
    { class: 'drop-zone' },
    el('p', { class: 'drop-words' }, 'Drop photos here'),
    el('div', { class: 'drop-buttons' }, choose, sample),
    wrong,
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
