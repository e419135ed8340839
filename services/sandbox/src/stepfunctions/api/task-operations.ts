import { jsonOfText, jsonProblem, type TokenAnswer } from '@stepcast/asl-interpreter';
import { z } from 'zod';
import type { Operation } from '../../core/index.ts';
import type { Engine } from '../engine.ts';
import { apiErrors } from './errors.ts';
import { operation } from './operation.ts';
import { pageOf } from './paging.ts';
import { checkArn, page } from './requests.ts';
import { epochSeconds } from './views.ts';

const token = z.string().min(1).max(2_048);
const arn = z.string().min(1).max(256);
const requests = {
  success: z.object({ taskToken: token, output: z.string().max(262_144) }),
  failure: z.object({
    taskToken: token,
    error: z.optional(z.string().max(256)),
    cause: z.optional(z.string().max(32_768)),
  }),
  heartbeat: z.object({ taskToken: token }),
  activity: z.object({ activityArn: arn }),
  createActivity: z.object({
    name: z.string().min(1).max(80),
    tags: z.optional(z.array(z.unknown())),
    encryptionConfiguration: z.optional(z.unknown()),
  }),
  listActivities: z.object(page),
  getTask: z.object({ activityArn: arn, workerName: z.optional(z.string().min(1).max(80)) }),
};

/** A worker waits so long for a task. Source: AWS, GetActivityTask. */
const pollMs = 60_000;

/** Task tokens and activities. */
export function taskOperations(engine: Engine): Record<string, Operation> {
  const { activities } = engine;
  const answered = (answer: TokenAnswer): object => {
    if (answer === 'gone') throw apiErrors.taskGone();
    if (answer === 'unknown') throw apiErrors.invalidToken();
    return {};
  };
  const view = ({ activityArn, name, createdAtMs }: ReturnType<typeof activities.find>) => ({
    activityArn,
    name,
    creationDate: epochSeconds(createdAtMs),
  });
  return {
    SendTaskSuccess: operation(requests.success, ({ taskToken, output }, call) => {
      call.authorize('states:SendTaskSuccess', '*');
      const value = jsonOfText(output);
      if (value === undefined) throw apiErrors.invalidOutput(jsonProblem(output) ?? '');
      return answered(activities.tokens.succeed(taskToken, value));
    }),
    SendTaskFailure: operation(requests.failure, ({ taskToken, error, cause }, call) => {
      call.authorize('states:SendTaskFailure', '*');
      return answered(activities.tokens.fail(taskToken, error, cause));
    }),
    SendTaskHeartbeat: operation(requests.heartbeat, ({ taskToken }, call) => {
      call.authorize('states:SendTaskHeartbeat', '*');
      return answered(activities.tokens.heartbeat(taskToken));
    }),
    CreateActivity: operation(requests.createActivity, ({ name }, call) => {
      const activityArn = engine.arns.activity(name);
      call.authorize('states:CreateActivity', activityArn);
      const created = activities.create(activityArn, name, engine.options.clock.nowMs());
      return { activityArn, creationDate: epochSeconds(created.createdAtMs) };
    }),
    DescribeActivity: operation(requests.activity, ({ activityArn }, call) => {
      call.authorize('states:DescribeActivity', checkArn(activityArn, 'activity'));
      return view(activities.find(activityArn));
    }),
    DeleteActivity: operation(requests.activity, ({ activityArn }, call) => {
      call.authorize('states:DeleteActivity', checkArn(activityArn, 'activity'));
      activities.delete(activityArn);
      return {};
    }),
    ListActivities: operation(requests.listActivities, (request, call) => {
      call.authorize('states:ListActivities', '*');
      const numbered = activities.all().map((activity, index) => ({ activity, number: index + 1 }));
      const shown = pageOf(numbered, ({ number }) => number, 'ascending', 'activities', request);
      return { activities: shown.items.map(({ activity }) => view(activity)), nextToken: shown.nextToken };
    }),
    GetActivityTask: operation(requests.getTask, async ({ activityArn, workerName }, call) => {
      call.authorize('states:GetActivityTask', checkArn(activityArn, 'activity'));
      const abort = new AbortController();
      const cancel = engine.options.timers.after(pollMs, () => abort.abort());
      const signal = AbortSignal.any([abort.signal, engine.closing]);
      const task = await activities.tasks.poll(activityArn, workerName, signal).finally(cancel);
      return task === undefined ? {} : { taskToken: task.taskToken, input: task.input };
    }),
  };
}
