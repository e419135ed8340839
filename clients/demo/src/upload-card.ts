import { adviceParts } from './advice.ts';
import { uploadDetails, showIcon, type ShownWorkflow } from './details.ts';
import { button, el, icon, setAttribute, setName, setText } from './dom.ts';
import { formatMoment } from './format.ts';
import { resultList } from './result-list.ts';
import type { ListedUpload } from './upload-list.ts';
import { announcement, uploadView, type Now, type UploadView } from './upload-view.ts';
import type { LineChoice } from './workflow-pictures.ts';

/** `JPG`, where the name has an ending that is short enough. */
function endingOf(name: string): string {
  const ending = /\.([a-z0-9]{1,4})$/i.exec(name)?.[1] ?? '';
  return ending.toUpperCase();
}

/** A button of one card. Screen readers also say the name of the file, which other cards' buttons do not have. */
function action(words: string, of: string, onClick: () => void): HTMLButtonElement {
  const made = button(words, 'plain', onClick);
  made.append(el('span', { class: 'unseen' }, ` ${of}`));
  return made;
}

function nameOf(name: string): HTMLElement {
  const heading = el('h3', { class: 'upload-name', title: name });
  setName(heading, name);
  return heading;
}

/** The card of one upload. It is made once and changed in place, so that focus and scroll position stay. */
export function uploadCard(
  actions: {
    readonly pause: () => void;
    readonly resume: () => void;
    readonly cancel: () => void;
    readonly sendAgain: () => void;
    readonly announce: (text: string) => void;
  },
  first: ListedUpload,
  workflow: ShownWorkflow,
  choice: LineChoice,
) {
  const { name } = first;
  const ending = endingOf(name);
  const thumbnail = el(
    'div',
    { class: 'thumbnail', 'aria-hidden': 'true' },
    ending === '' ? icon('file') : ending,
  );
  const mark = el('span', { class: 'mark-box' });
  const headline = el('span', { class: 'headline' });
  const aside = el('span', { class: 'aside' });
  const when = el('span', { class: 'when' });
  const fill = el('div', { class: 'fill' });
  const bar = el(
    'div',
    {
      class: 'bar',
      role: 'progressbar',
      'aria-label': `Progress of ${name}`,
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    },
    fill,
  );
  const pause = action('Pause', name, actions.pause);
  const resume = action('Resume', name, actions.resume);
  const cancel = action('Cancel', name, actions.cancel);
  const again = action('Upload again', name, actions.sendAgain);
  const errorText = el('span');
  const errorName = el('code');
  const problem = el('p', { class: 'problem' }, errorText, errorName);
  const adviceText = el('p');
  const advice = el(
    'details',
    { class: 'advice' },
    el('summary', {}, 'What to look at', el('span', { class: 'unseen' }, ` for ${name}`)),
    adviceText,
  );
  const result = resultList(name);
  const details = uploadDetails(name, workflow, choice);
  const root = el(
    'article',
    { class: 'upload', 'aria-label': name },
    thumbnail,
    el(
      'div',
      { class: 'upload-main' },
      el('div', { class: 'upload-top' }, nameOf(name), when, pause, resume, cancel, again),
      el('p', { class: 'status' }, mark, headline, aside),
      bar,
    ),
    problem,
    result.root,
    advice,
    details.root,
  );
  let shown: UploadView | undefined;

  function showBar({ percent, ended, tone }: UploadView): void {
    // Whole bars of what is over would only be in the way of the one that moves.
    bar.hidden = percent === undefined || ended;
    bar.dataset.tone = tone;
    bar.classList.toggle('unmeasured', percent === null);
    setAttribute(
      bar,
      'aria-valuenow',
      percent === null || percent === undefined ? undefined : String(Math.floor(percent)),
    );
    fill.style.setProperty('--share', String((percent ?? 0) / 100));
  }

  function update(upload: ListedUpload, now: Now, isFirstRunning: boolean): void {
    const view = uploadView(upload, now);
    root.dataset.tone = view.tone;
    root.dataset.ended = String(view.ended);
    root.dataset.stale = String(view.isStale);
    showIcon(mark, view.tone);
    setName(headline, view.headline);
    setAttribute(headline, 'title', view.headline);
    setText(aside, view.aside);
    setText(when, formatMoment(upload.begunAtMs, now.nowMs));
    showBar(view);
    // A button that goes takes the focus with it: another of the card gets it.
    const focused = [pause, resume, cancel, again].find((one) => one === document.activeElement);
    pause.hidden = !view.canPause;
    resume.hidden = !view.canResume;
    cancel.hidden = !view.canCancel;
    again.hidden = !view.canRetry;
    if (focused?.hidden === true) [resume, pause, again].find(({ hidden }) => !hidden)?.focus();
    problem.hidden = view.error === undefined;
    setText(errorText, view.error === undefined ? '' : view.error.message);
    setText(errorName, view.error?.name ?? '');
    result.update(upload.state?.result);
    advice.hidden = view.advice === '';
    if (shown?.advice !== view.advice)
      adviceText.replaceChildren(
        ...adviceParts(view.advice, location.origin).map(({ text, isCommand }) =>
          isCommand ? el('code', {}, text) : text,
        ),
      );
    details.update({ state: upload.state, watch: upload.watch, asOf: view.isStale ? now.asOf : undefined });
    details.suggest(isFirstRunning);
    if (upload.thumbnail !== undefined && thumbnail.querySelector('img') === null)
      thumbnail.replaceChildren(el('img', { src: upload.thumbnail, alt: '' }));
    const announced = upload.mine ? announcement(upload.name, shown, view) : '';
    if (announced !== '') actions.announce(announced);
    shown = view;
  }

  return { root, update };
}
export type UploadCard = ReturnType<typeof uploadCard>;
