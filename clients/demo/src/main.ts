import './style.css';
import { accountsOf } from './accounts.ts';
import { chosenStep } from './chosen-step.ts';
import { el, setName } from './dom.ts';
import { sentence } from './format.ts';
import { faultsPanel } from './faults-panel.ts';
import { uploadNotes } from './notes.ts';
import { personPanel, type PersonPanel } from './panel.ts';
import { loadSandboxConfig, type SandboxConfig } from './sandbox-config.ts';
import { sessionStore } from './session.ts';
import { workflowPreview } from './workflow-pictures.ts';

/** A file dropped beside a drop zone would otherwise replace the page. */
function keepThePage(): void {
  for (const name of ['dragover', 'drop'] as const)
    window.addEventListener(name, (event) => event.preventDefault());
}

/** Title and words are those of the workflow that runs. */
function introduce({ workflow }: SandboxConfig): void {
  document.title = `${workflow.name} · Stepcast sandbox`;
  const what = workflow.isExample ? 'a photo' : 'a file';
  const title = document.querySelector('h1');
  const lede = document.querySelector('.lede');
  if (title instanceof HTMLElement) setName(title, workflow.name);
  if (lede === null) return;
  const invitation = `Sign in, upload ${what}, and watch the workflow that it starts. `;
  lede.replaceChildren(
    `${sentence(workflow.about)} `.trimStart(),
    el('span', { class: 'invitation' }, invitation),
    'Everything runs on this machine.',
  );
}

async function start(main: HTMLElement): Promise<void> {
  const config = await loadSandboxConfig();
  introduce(config);
  const sessions = sessionStore(window.sessionStorage);
  const notes = uploadNotes(window.localStorage);
  const chosen = chosenStep(window);
  const people = el('div', { class: 'people' });
  // Of who is in, nobody asks to sign in.
  const invitation = document.querySelector('.invitation');
  const gateTitle = el('h2', { class: 'gate-title' });
  const gateList = el('div', { class: 'gate-list' });
  const hint = 'These passwords belong to this sandbox and open nothing else.';
  const gate = el(
    'section',
    { class: 'gate', 'aria-label': 'Sign in' },
    gateTitle,
    el('p', { class: 'hint', id: 'sign-in-hint' }, hint),
    gateList,
  );

  const panels: readonly PersonPanel[] = accountsOf(config).map((account) =>
    personPanel({
      account,
      config,
      sessions,
      notes,
      chosen,
      storage: window.localStorage,
      other: () => panels.find((panel) => panel.person.account !== account && panel.isSignedIn())?.person,
      onMoved: arrange,
    }),
  );

  /** Who is signed in has a column; who is not, a line to sign in with. */
  function arrange(): void {
    const inside = panels.filter((panel) => panel.isSignedIn());
    for (const panel of panels) {
      const home = inside.includes(panel) ? people : gateList;
      if (panel.root.parentElement !== home) home.append(panel.root);
      panel.othersChanged();
    }
    main.dataset.empty = String(inside.length === 0);
    people.hidden = inside.length === 0;
    invitation?.toggleAttribute('hidden', inside.length > 0);
    if (inside.length > 0) main.querySelector('.preview')?.remove();
    people.dataset.count = String(inside.length);
    gate.hidden = inside.length === panels.length;
    gate.classList.toggle('more', inside.length > 0);
    gateTitle.textContent =
      inside.length === 0 ? 'Who are you?' : 'Sign in somebody else: each person sees only their own uploads';
  }

  chosen.onChange(() => {
    for (const panel of panels) panel.choiceChanged();
  });
  for (const panel of panels) panel.start();
  arrange();
  main.replaceChildren(people, gate, faultsPanel());
  const { outline } = config.workflow;
  if (outline !== null && main.dataset.empty === 'true') main.append(workflowPreview(outline));
}

function showProblem(main: HTMLElement, error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  const again = el('button', { type: 'button', class: 'main' }, 'Try again');
  again.addEventListener('click', () => window.location.reload());
  main.replaceChildren(el('div', { class: 'page-problem', role: 'alert' }, el('p', {}, words), again));
}

const main = document.querySelector<HTMLElement>('main');
if (main !== null) {
  keepThePage();
  start(main)
    .catch((error: unknown) => showProblem(main, error))
    .finally(() => main.removeAttribute('aria-busy'));
}
