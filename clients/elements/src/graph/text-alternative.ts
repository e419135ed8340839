import { html, nothing, type TemplateResult } from 'lit';
import { STATUS_WORDS } from '../model/words.ts';
import { noteOf } from './drawing.ts';
import { END, START, type GraphProgress, type GraphScope } from './graph-model.ts';

/** The graph in words: each state with how it is and what follows, in lists inside one another. */
export function textAlternative(scope: GraphScope, progress: GraphProgress): TemplateResult {
  return html`<ul>
    ${scope.nodes
      .filter(({ name }) => name !== START && name !== END)
      .map(({ name, type, inside }) => {
        const step = progress.steps.get(name);
        const next = scope.edges.filter(({ from, to }) => from === name && to !== END);
        const taken = next.filter((edge) => progress.taken(edge));
        const ways = (edges: typeof next) => edges.map(({ to }) => to).join(', or ');
        return html`<li>
          ${name}, ${noteOf(type, step)},
          ${STATUS_WORDS[step?.status ?? 'queued']}${
            taken.length > 0
              ? `; went on to ${taken.map(({ to }) => to).join(', ')}`
              : next.length > 0
                ? `; leads to ${ways(next)}`
                : ''
          }
          ${inside.length === 0 ? nothing : inside.map((one) => textAlternative(one, progress))}
        </li>`;
      })}
  </ul>`;
}
