import { el, setText } from './dom.ts';
import { changeFaults, currentFaults, type FaultRates } from './faults.ts';

/** What each fault does, in the order of the panel. */
const faults: readonly (readonly [name: string, label: string, what: string])[] = [
  ['duplicate', 'Deliver twice', 'Events come twice. Nothing changes on this page.'],
  ['reorder', 'Deliver out of order', 'Later events come first. The steps stay in order.'],
  ['delay', 'Deliver late', 'Events are held back for up to two seconds.'],
  ['truncate', 'Cut long records', 'Inputs and outputs are cut. The page never showed them.'],
  ['lose', 'Lose log events', 'What is missing is read from the execution history.'],
  ['loseUploads', 'Lose what starts a workflow', 'Nobody starts one: the upload waits, longer than usual.'],
];

const choices = [0, 0.1, 0.3, 1] as const;
const spoken = (rate: number) =>
  rate === 0 ? 'never' : rate === 1 ? 'always' : `${Math.round(rate * 100)} %`;

/** Switches the faults of the sandbox while it runs. Empty where the sandbox has no faults to switch. */
export function faultsPanel(): HTMLElement {
  const on = el('span', { class: 'faults-on' });
  const summary = el('summary', {}, 'Inject faults', on);
  const said = el('p', { class: 'faults-said', role: 'status' });
  const selects = new Map<string, HTMLSelectElement>();
  const rows = faults.map(([name, label, what]) => {
    const select = el('select', { id: `fault-${name}`, 'aria-describedby': `fault-${name}-what` });
    select.addEventListener('change', () => void change(name, Number(select.value)));
    selects.set(name, select);
    return el(
      'div',
      { class: 'fault' },
      el('label', { for: select.id }, label),
      select,
      el('p', { class: 'hint', id: `fault-${name}-what` }, what),
    );
  });
  const root = el(
    'details',
    { class: 'faults', hidden: true },
    summary,
    el(
      'p',
      { class: 'hint' },
      'How often each happens on the way from S3 and Step Functions to Stepcast, from the next event on.',
    ),
    el('div', { class: 'fault-list' }, ...rows),
    said,
  );

  function show(rates: FaultRates): void {
    root.hidden = false;
    for (const [name, select] of selects) {
      const rate = rates[name] ?? 0;
      const offered = [...new Set([...choices, rate])].sort((one, other) => one - other);
      select.replaceChildren(...offered.map((one) => el('option', { value: String(one) }, spoken(one))));
      select.value = String(rate);
    }
    const active = faults.flatMap(([name, label]) => {
      const rate = rates[name] ?? 0;
      return rate > 0 ? [`${label.toLowerCase()}: ${spoken(rate)}`] : [];
    });
    setText(on, active.length === 0 ? '' : active.join(', '));
  }

  async function change(name: string, rate: number): Promise<void> {
    try {
      show(await changeFaults({ [name]: rate }));
      setText(said, 'Changed.');
    } catch (error) {
      setText(said, error instanceof Error ? error.message : String(error));
    }
  }

  // An older sandbox, or one whose services run somewhere else, has none: then there is nothing to show.
  currentFaults().then(show, () => undefined);
  return root;
}
