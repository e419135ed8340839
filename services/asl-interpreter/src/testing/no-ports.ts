import { ServiceError, type Ports } from '../ports.ts';
import { Activities } from '../tasks/activities.ts';
import { TaskTokens } from '../tasks/task-tokens.ts';

const refused = () => Promise.reject(new ServiceError('No.Service', 'there is no service'));

/** Ports of executions that reach nothing outside of themselves. */
export const noPorts: Ports = {
  callService: refused,
  executions: {
    has: () => false,
    start: () => {
      throw new ServiceError('No.Service', 'there is no machine');
    },
    startChild: () => {
      throw new ServiceError('No.Service', 'there is no machine');
    },
    onMapRun: () => undefined,
  },
  objects: { read: refused, write: refused, list: refused },
  tokens: new TaskTokens(),
  activities: new Activities(),
};
