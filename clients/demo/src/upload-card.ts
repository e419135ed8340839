import { button, el, icon, setAttribute, setText, type IconName } from './dom.ts';
import type { TrackedUpload } from './person.ts';
import { markStandIns } from './stand-ins.ts';
import { announcement, uploadView, type StepView, type UploadView } from './upload-view.ts';

const toneIcon = (tone: UploadView['tone']): IconName => tone;

/** Keeps `holder` showing the icon of a tone. */
function showIcon(holder: HTMLElement, tone: UploadView['tone']): void {
  if (holder.dataset.tone === tone) return;
  holder.dataset.tone = tone;
  holder.replaceChildren(icon(toneIcon(tone)));
}

/** One line of the list of steps. */
function stepLine() {
  const mark = el('span', { class: 'mark-box' });
  const name = el('span', { class: 'step-name' });
  const status = el('span', { class: 'unseen' });
  const detail = el('span', { class: 'step-detail' });
  const root = el('li', { class: 'step' }, mark, name, status, detail);
  return {
    root,
    update(step: StepView) {
      showIcon(mark, step.tone);
      root.dataset.tone = step.tone;
      root.classList.toggle('quiet', step.quiet);
      setText(name, step.name);
      setText(status, `, ${step.status}${step.detail === '' ? '' : ', '}`);
      setText(detail, step.detail);
    },
  };
}

/** The card of one upload. It is made once and changed in place, so that focus and scroll position stay. */
export function uploadCard(
  actions: {
    readonly cancel: () => void;
    readonly sendAgain: () => void;
    readonly announce: (text: string) => void;
  },
  first: TrackedUpload,
  standIns: ReadonlySet<string>,
) {
  const thumbnail = el('div', { class: 'thumbnail' }, icon('file'));
  const title = el('h3', { class: 'upload-name', title: first.name }, first.name);
  const mark = el('span', { class: 'mark-box' });
  const headline = el('span', { class: 'headline' });
  const aside = el('span', { class: 'aside' });
  const fill = el('div', { class: 'fill' });
  const bar = el('div', {
    class: 'bar',
    role: 'progressbar',
    'aria-label': `Progress of ${first.name}`,
    'aria-valuemin': '0',
    'aria-valuemax': '100',
  });
  bar.append(fill);
  const cancel = button('Cancel', 'plain', actions.cancel);
  const again = button('Upload again', 'plain', actions.sendAgain);
  const actionRow = el('div', { class: 'upload-actions' }, again);
  const errorText = el('span');
  const errorName = el('code');
  const problem = el('p', { class: 'problem' }, errorText, errorName);
  const list = el('ol', { class: 'steps' });
  const scroller = el(
    'div',
    { class: 'scroller', tabindex: '0', role: 'group', 'aria-label': `Steps of ${first.name}` },
    list,
  );
  const noSteps = el('p', { class: 'no-steps' }, 'Each step shows here when it starts.');
  scroller.prepend(noSteps);
  const summary = el('summary');
  const details = el('details', { class: 'details', open: first.mine }, summary, scroller);
  const root = el(
    'article',
    { class: 'upload', 'aria-label': first.name },
    thumbnail,
    el(
      'div',
      { class: 'upload-main' },
      el('div', { class: 'upload-top' }, title, cancel),
      el('p', { class: 'status' }, mark, headline, aside),
    ),
    bar,
    problem,
    actionRow,
    details,
  );

  const lines: ReturnType<typeof stepLine>[] = [];
  let shown: UploadView | undefined;

  function showSteps(steps: readonly StepView[], over: boolean): void {
    const atEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 24;
    for (const [index, step] of steps.entries()) {
      const line = lines[index] ?? stepLine();
      if (lines[index] === undefined) {
        lines.push(line);
        list.append(line.root);
      }
      line.update(step);
    }
    for (const extra of lines.splice(steps.length)) extra.root.remove();
    const ended = steps.filter(({ tone }) => tone === 'done').length;
    const all = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`;
    setText(summary, over ? all : ended === 0 ? 'Steps' : `Steps: ${ended} done`);
    noSteps.hidden = steps.length > 0;
    // Follows the newest step, unless somebody has scrolled back to read.
    if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  }

  function showBar({ percent, tone }: UploadView): void {
    bar.hidden = percent === undefined;
    bar.dataset.tone = tone;
    bar.classList.toggle('unmeasured', percent === null);
    setAttribute(
      bar,
      'aria-valuenow',
      percent === null || percent === undefined ? undefined : String(Math.floor(percent)),
    );
    fill.style.setProperty('--share', String((percent ?? 0) / 100));
  }

  function update(upload: TrackedUpload): void {
    const view = uploadView(upload);
    root.dataset.tone = view.tone;
    root.dataset.ended = String(view.ended);
    showIcon(mark, view.tone);
    setText(headline, view.headline);
    setText(aside, view.aside);
    showBar(view);
    cancel.hidden = !view.canCancel;
    actionRow.hidden = !view.canRetry;
    problem.hidden = view.error === undefined;
    setText(errorText, view.error === undefined ? '' : view.error.message);
    setText(errorName, view.error?.name ?? '');
    details.hidden = upload.transfer.phase === 'failed' || upload.transfer.phase === 'cancelled';
    showSteps(markStandIns(view.steps, standIns), view.ended);
    if (upload.thumbnail !== undefined && thumbnail.querySelector('img') === null)
      thumbnail.replaceChildren(el('img', { src: upload.thumbnail, alt: '' }));
    const told = upload.mine ? announcement(upload.name, shown, view) : '';
    if (told !== '') actions.announce(told);
    shown = view;
  }

  update(first);
  return { root, update };
}
export type UploadCard = ReturnType<typeof uploadCard>;
