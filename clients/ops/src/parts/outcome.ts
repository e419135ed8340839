import type { ChangeReply } from '@stepcast/operations/api';
import { ApiProblem } from '../api/client.ts';
import { count } from '../format.ts';

/**
 * What came of changes, in a sentence.
 * @throws ApiProblem when it stopped before the end, saying how far it came
 */
export function outcomeOf({ done, gone, stopped }: ChangeReply): string {
  if (stopped !== null)
    throw new ApiProblem('answer', `${count(done.length, 'change')} made, then it stopped: ${stopped}.`, {
      more: ['Do it again to go on.'],
    });
  const [only] = done;
  const left = done.filter(({ what }) => what.startsWith('left')).length;
  const parts = [
    only !== undefined && done.length === 1 ? `${only.subject}: ${only.what}.` : '',
    done.length > 1
      ? `${count(done.length - left, 'change')} made${left > 0 ? `, ${left} left where they are` : ''}.`
      : '',
    gone.length > 0 ? `${gone.length} not there any more.` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}
