import { createContext, useContext } from 'react';
import type { Session, StatsReply } from '@stepcast/operations/api';
import type { Api } from './api/client.ts';
import type { Polled } from './polling.ts';
import type { Route } from './route.ts';
import type { ReplayRun } from './use-replay.ts';

/** What every view has. */
export interface Page {
  readonly api: Api;
  readonly session: Session;
  readonly stats: Polled<StatsReply>;
  readonly run: ReplayRun;
  readonly go: (route: Route) => void;
  /** Says something in the status line, for eyes and for screen readers. */
  readonly say: (words: string) => void;
}

const PageContext = createContext<Page | undefined>(undefined);
export const PageProvider = PageContext.Provider;

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new TypeError('no page around this view');
  return page;
}
