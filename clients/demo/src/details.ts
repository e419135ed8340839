import type { UploadState } from '@stepcast/contracts';
import { el, icon, setText } from './dom.ts';
import { stepsSummary, stepView, type StepView, type Tone } from './step-view.ts';

/** One way to look at the steps of an upload. It is made when it is first looked at, and told of the newest state then. */
export interface DetailView {
  readonly root: HTMLElement;
  update(state: UploadState, isStale: boolean): void;
}

/** Keeps `holder` showing the icon of a tone. */
export function showIcon(holder: HTMLElement, tone: Tone): void {
  if (holder.dataset.tone === tone) return;
  holder.dataset.tone = tone;
  holder.replaceChildren(icon(tone));
}

function stepLine() {
  const mark = el('span', { class: 'mark-box' });
  const name = el('span', { class: 'step-name' });
  const status = el('span', { class: 'unseen' });
  const detail = el('span', { class: 'step-detail' });
  const root = el('li', { class: 'step' }, mark, name, status, detail);
  return {
    root,
    update(step: StepView, isStale: boolean) {
      const isMoving = step.tone === 'active' || step.tone === 'retrying';
      const tone = isStale && isMoving ? 'stopped' : step.tone;
      showIcon(mark, tone);
      root.dataset.tone = tone;
      root.classList.toggle('quiet', step.quiet);
      setText(name, step.name);
      setText(status, `, ${step.status}${step.detail === '' ? '' : ', '}`);
      setText(detail, step.detail);
    },
  };
}

function stepList(): DetailView {
  const list = el('ol', { class: 'steps' });
  const lines: ReturnType<typeof stepLine>[] = [];
  return {
    root: list,
    update({ steps }, isStale) {
      for (const [index, step] of steps.entries()) {
        const line = lines[index] ?? stepLine();
        if (lines[index] === undefined) {
          lines.push(line);
          list.append(line.root);
        }
        line.update(stepView(step), isStale);
      }
      for (const extra of lines.splice(steps.length)) extra.root.remove();
    },
  };
}

const views: readonly { readonly label: string; readonly make: () => DetailView }[] = [
  { label: 'Steps', make: stepList },
];

/** Which view a person looked at last; the next card opens with it. */
let preferred = views[0]?.label;
let count = 0;

/**
 * The steps of one upload, folded away until somebody wants them: a list, and where there are more views, tabs between them.
 * @param name of the upload, which tells the parts of one card from those of another
 */
export function uploadDetails(name: string) {
  count += 1;
  const id = `details-${count}`;
  const words = el('span');
  const summary = el('summary', {}, words, el('span', { class: 'unseen' }, ` of ${name}`));
  const panel = el('div', { class: 'detail-panel', id: `${id}-panel` });
  const tabs = views.map(({ label }) =>
    el(
      'button',
      { type: 'button', class: 'tab', role: 'tab', id: `${id}-${label}`, 'aria-controls': panel.id },
      label,
    ),
  );
  const tabList = el('div', { class: 'tabs', role: 'tablist', 'aria-label': `Views of ${name}` }, ...tabs);
  const root = el('details', { class: 'details' }, summary, ...(views.length > 1 ? [tabList] : []), panel);
  const made = new Map<string, DetailView>();
  let newest: { readonly state: UploadState; readonly isStale: boolean } | undefined;
  let wasTouched = false;
  let shown = preferred;

  function show(label: string): void {
    shown = label;
    for (const tab of tabs) {
      const isChosen = tab.textContent === label;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    if (views.length > 1) {
      panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-labelledby', `${id}-${label}`);
    }
    const view = made.get(label) ?? views.find((one) => one.label === label)?.make();
    if (view === undefined) return;
    made.set(label, view);
    panel.replaceChildren(view.root);
    if (newest !== undefined) view.update(newest.state, newest.isStale);
  }

  for (const [index, tab] of tabs.entries()) {
    const choose = (at: number, focus: boolean) => {
      const chosen = tabs[(at + tabs.length) % tabs.length];
      preferred = chosen?.textContent ?? preferred;
      show(preferred ?? '');
      if (focus) chosen?.focus();
    };
    tab.addEventListener('click', () => choose(index, false));
    tab.addEventListener('keydown', ({ key }) => {
      if (key === 'ArrowRight') choose(index + 1, true);
      if (key === 'ArrowLeft') choose(index - 1, true);
    });
  }
  summary.addEventListener('click', () => {
    wasTouched = true;
  });
  root.addEventListener('toggle', () => {
    if (root.open) show(shown ?? '');
  });

  return {
    root,
    /** Opens or closes it, unless the person has decided. */
    suggest(isOpen: boolean) {
      if (!wasTouched && root.open !== isOpen) root.open = isOpen;
    },
    update(state: UploadState | undefined, isOver: boolean, isStale: boolean) {
      root.hidden = state === undefined || state.steps.length === 0;
      if (state === undefined) return;
      newest = { state, isStale };
      setText(words, stepsSummary(state.steps, isOver));
      if (root.open) made.get(shown ?? '')?.update(state, isStale);
    },
  };
}
