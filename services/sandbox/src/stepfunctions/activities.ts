import { Activities, TaskTokens } from '@stepcast/asl-interpreter';
import { apiErrors } from './api/errors.ts';
import { isValidName } from './arns.ts';

export interface Activity {
  readonly activityArn: string;
  readonly name: string;
  readonly createdAtMs: number;
}

/** Activities by ARN, and the tasks and tokens that wait. */
export class ActivityRegistry {
  readonly tasks = new Activities();
  readonly tokens = new TaskTokens();
  readonly #activities = new Map<string, Activity>();

  /** As in AWS, creating one again gives the one that is there. */
  create(activityArn: string, name: string, nowMs: number): Activity {
    if (!isValidName(name)) throw apiErrors.invalidName(name);
    const existing = this.#activities.get(activityArn);
    if (existing !== undefined) return existing;
    const activity: Activity = { activityArn, name, createdAtMs: nowMs };
    this.#activities.set(activityArn, activity);
    return activity;
  }

  find(activityArn: string): Activity {
    const activity = this.#activities.get(activityArn);
    if (activity === undefined) throw apiErrors.noActivity(activityArn);
    return activity;
  }

  delete(activityArn: string): void {
    this.#activities.delete(activityArn);
  }

  all(): readonly Activity[] {
    return [...this.#activities.values()];
  }
}
