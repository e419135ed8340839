import './style.css';
import { el } from './dom.ts';
import { personPanel, type PersonPanel } from './panel.ts';
import { loadSandboxConfig } from './sandbox-config.ts';
import { sessionStore } from './session.ts';

/** A file dropped beside a drop zone would otherwise replace the page. */
function keepThePage(): void {
  for (const name of ['dragover', 'drop'] as const)
    window.addEventListener(name, (event) => event.preventDefault());
}

async function start(people: HTMLElement): Promise<void> {
  const config = await loadSandboxConfig();
  const storage = { session: window.sessionStorage, positions: window.localStorage };
  const sessions = sessionStore(storage.session);
  const panels: readonly PersonPanel[] = config.users
    .slice(0, 2)
    .map((user, index) =>
      personPanel({ user, config, sessions, storage, other: () => panels[1 - index]?.person }),
    );
  people.replaceChildren(...panels.map(({ root }) => root));
  for (const panel of panels) panel.start();
}

function showProblem(people: HTMLElement, error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  const again = el('button', { type: 'button', class: 'main' }, 'Try again');
  again.addEventListener('click', () => window.location.reload());
  people.replaceChildren(el('div', { class: 'page-problem', role: 'alert' }, el('p', {}, words), again));
}

const people = document.querySelector<HTMLElement>('#people');
if (people !== null) {
  keepThePage();
  start(people)
    .catch((error: unknown) => showProblem(people, error))
    .finally(() => people.removeAttribute('aria-busy'));
}
