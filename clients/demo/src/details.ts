import type { UploadState, WorkflowOutline } from '@stepcast/contracts';
import { el, icon, setAttribute, setName, setText } from './dom.ts';
import { markStandIn } from './stand-ins.ts';
import { stepsSummary, stepView, type StepView, type Tone } from './step-view.ts';
import {
  graph,
  picture,
  timeline,
  type DetailView,
  type LineChoice,
  type Shown,
} from './workflow-pictures.ts';

/** What is known of the workflow before anything runs. */
export interface ShownWorkflow {
  /** Null: pictures are drawn from what has been seen. */
  readonly outline: WorkflowOutline | null;
  /** States whose tasks made-up answers stand in for. */
  readonly standIns: ReadonlySet<string>;
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
      setName(name, step.name);
      setAttribute(name, 'title', step.name);
      setText(status, `, ${step.status}${step.detail === '' ? '' : ', '}`);
      setText(detail, step.detail);
    },
  };
}

function stepList(standIns: ReadonlySet<string>): DetailView {
  const list = el('ol', { class: 'steps' });
  const lines: ReturnType<typeof stepLine>[] = [];
  return {
    root: list,
    update({ state: { steps }, asOf }) {
      for (const [index, step] of steps.entries()) {
        const line = lines[index] ?? stepLine();
        if (lines[index] === undefined) {
          lines.push(line);
          list.append(line.root);
        }
        line.update(markStandIn(stepView(step), standIns), asOf !== undefined);
      }
      for (const extra of lines.splice(steps.length)) extra.root.remove();
    },
  };
}

const labels = ['Steps', 'Timeline', 'Graph'] as const;
type Label = (typeof labels)[number];

function makeView(
  label: Label,
  name: string,
  { outline, standIns }: ShownWorkflow,
  choice: LineChoice,
): DetailView {
  switch (label) {
    case 'Steps':
      return stepList(standIns);
    case 'Timeline':
      return picture(timeline, `Timeline of ${name}`, outline, choice);
    case 'Graph':
      return picture(graph, `Graph of ${name}`, outline);
  }
}

/** Which view a person selected last; the next card opens with it. */
let preferred: Label = 'Timeline';
let count = 0;

/**
 * The steps of one upload, folded away until somebody wants them, with tabs between the views of them.
 * @param name of the upload, which tells the parts of one card from those of another
 */
export function uploadDetails(name: string, workflow: ShownWorkflow, choice: LineChoice) {
  count += 1;
  const id = `details-${count}`;
  const words = el('span');
  const summary = el('summary', {}, words, el('span', { class: 'unseen' }, ` of ${name}`));
  const panel = el('div', { class: 'detail-panel', id: `${id}-panel`, role: 'tabpanel' });
  const tabs = new Map(
    labels.map((label) => [
      label,
      el(
        'button',
        { type: 'button', class: 'tab', role: 'tab', id: `${id}-${label}`, 'aria-controls': panel.id },
        label,
      ),
    ]),
  );
  const tabList = el(
    'div',
    { class: 'tabs', role: 'tablist', 'aria-label': `Views of ${name}` },
    ...tabs.values(),
  );
  const root = el('details', { class: 'details' }, summary, tabList, panel);
  const made = new Map<Label, DetailView>();
  let newest: Shown | undefined;
  let wasTouched = false;
  let shown: Label = preferred;
  /** The line that was chosen here, or was opened to. */
  let known: string | null = null;
  const choiceHere: LineChoice = {
    current: () => choice.current(),
    choose(line) {
      known = line;
      choice.choose(line);
    },
  };

  function show(label: Label): void {
    shown = label;
    for (const [one, tab] of tabs) {
      tab.setAttribute('aria-selected', String(one === label));
      tab.tabIndex = one === label ? 0 : -1;
    }
    panel.setAttribute('aria-labelledby', `${id}-${label}`);
    const view = made.get(label) ?? makeView(label, name, workflow, choiceHere);
    made.set(label, view);
    panel.replaceChildren(view.root);
    if (newest !== undefined) view.update(newest);
  }

  function choose(label: Label): void {
    preferred = label;
    show(label);
  }

  /** Somebody came with the address of a step: it is shown, whatever was folded away. */
  function openToChosen(): void {
    const line = choice.current();
    if (line === known || root.hidden) return;
    known = line;
    if (line === null) return;
    wasTouched = true;
    root.open = true;
    show('Timeline');
    root.closest('.upload')?.scrollIntoView({ block: 'start' });
  }

  for (const [index, label] of labels.entries()) {
    const tab = tabs.get(label);
    const neighbour = (step: number) => {
      const next = labels[(index + step + labels.length) % labels.length] ?? label;
      choose(next);
      tabs.get(next)?.focus();
    };
    tab?.addEventListener('click', () => choose(label));
    tab?.addEventListener('keydown', ({ key }) => {
      if (key === 'ArrowRight') neighbour(1);
      if (key === 'ArrowLeft') neighbour(-1);
    });
  }
  summary.addEventListener('click', () => {
    wasTouched = true;
  });
  root.addEventListener('toggle', () => {
    if (root.open && !made.has(shown)) show(preferred);
  });

  return {
    root,
    /** Opens or closes it, unless the person has decided. */
    suggest(isOpen: boolean) {
      if (!wasTouched && root.open !== isOpen) root.open = isOpen;
    },
    update(upload: Omit<Shown, 'state'> & { readonly state: UploadState | undefined }) {
      const { state, watch, asOf } = upload;
      root.hidden = state === undefined || state.steps.length === 0;
      if (state === undefined) return;
      newest = { state, watch, asOf };
      setText(words, stepsSummary(state.steps));
      openToChosen();
      if (root.open) made.get(shown)?.update(newest);
    },
  };
}
