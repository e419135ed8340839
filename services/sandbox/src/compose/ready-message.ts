import type { SandboxConfig } from '../config.ts';
import type { SandboxInfo } from './sandbox-info.ts';

/** What a person reads when the sandbox is up: one ready line, then what to try. */
export function readyMessage(info: SandboxInfo, url: string, config: SandboxConfig, token: string): string {
  const people = info.users.map(({ username, password }) => `${username} / ${password}`).join('   ');
  const faults = Object.entries(config.faults).flatMap(([name, rate]) =>
    rate > 0 ? [`${name} ${rate}`] : [],
  );
  return [
    `Stepcast is ready at ${url}`,
    '',
    `  page       ${url}/             drop a ${config.workflow === undefined ? 'photo' : 'file'} on each side and watch`,
    `  people     ${people}${config.guests ? '   or, on the page, as a guest' : ''}`,
    `  for code   ${url}/sandbox.json  every address and name, for stock AWS SDK and MQTT clients`,
    `  contract   ${url}/contracts/  topics, messages and rules, for clients in any language`,
    `  token      ${token}  for /ops, and for scripts that post to /awslogs and /executions, in x-stepcast-token`,
    `  operate    ${url}/ops/#token=${token}  streams, lag, what waits, dead letters, replay`,
    `  workflow   ${config.workflow === undefined ? 'the photo pipeline; bring your own with -- --definition my.asl.json' : `${info.workflow.name}: ${config.workflow.definition.path}`}${config.watch ? ', read anew when it changes' : ''}`,
    ...(info.standIns.length > 0
      ? [`  stand-ins  ${info.standIns.join(', ')}: made-up answers, marked in the log`]
      : []),
    ...(config.mode === 'observed'
      ? ['  mode       observed: a rule starts the workflow, Stepcast only watches']
      : []),
    ...(faults.length > 0 ? [`  faults     ${faults.join(', ')}   (seed ${config.seed})`] : []),
    `  stop       Ctrl+C`,
  ].join('\n');
}
