import { dnsSuffixOf } from '@stepcast/contracts';
import { deploymentNames } from '@stepcast/wire';
import { ask, compile } from '../decide.ts';
import { type Chain, type Queue } from '../evidence.ts';
import { accountOf } from '../expected.ts';
import { couldNotCheck, fail, missing, pass, warn, worst, type Finding, type Link } from '../link.ts';
import { type QueueRole, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';

function queueOf(setup: Setup, chain: Chain, role: QueueRole) {
  return chain.queues.get(setup.queueNames[role]);
}

function createQueue(setup: Setup, name: string): string {
  return aws(
    setup,
    'sqs',
    'create-queue',
    '--queue-name',
    name,
    ...(name.endsWith('.fifo') ? ['--attributes', 'FifoQueue=true'] : []),
  );
}

/** The rule that sends to a queue. */
const ruleOf = ({ stage }: Setup, role: 'uploads' | 'status'): string =>
  deploymentNames({ stage }).rules[role];

const roles: readonly QueueRole[] = ['uploads', 'status', 'events', 'progress', 'deadLetters'];

/** In the engine the handover is a function call; a queue that is there all the same is checked. */
function rolesOf(setup: Setup, chain: Chain): readonly QueueRole[] {
  const progress = queueOf(setup, chain, 'progress');
  const absent = progress?.state === 'known' && !progress.value.found;
  return setup.size !== 'large' && absent ? roles.filter((role) => role !== 'progress') : roles;
}

export const queuesExist: Link = {
  id: 'queues.exist',
  title: 'Every queue exists, of the right kind',
  why: 'The services hand over by these queues; events and progress are FIFO because order matters there. The engine needs no progress queue.',
  check(setup, chain) {
    return worst(
      rolesOf(setup, chain).map((role): Finding => {
        const name = setup.queueNames[role];
        const queue = queueOf(setup, chain, role);
        if (queue === undefined) return couldNotCheck(`${name} was not looked up`);
        if (queue.state === 'unavailable') return missing(queue);
        if (!queue.value.found)
          return fail({
            evidence: [`the queue ${name} (${role}) does not exist`],
            repair: [createQueue(setup, name)],
          });
        const ordered = role === 'events' || role === 'progress';
        return queue.value.value.fifo === ordered
          ? pass(name)
          : fail({
              evidence: [`${name} (${role}) must ${ordered ? '' : 'not '}be FIFO`],
              repair: [
                `# the kind cannot be changed, and names of FIFO queues end in ".fifo": delete ${name} and make it anew`,
                createQueue(setup, ordered ? `${name}.fifo` : name.replace(/\.fifo$/, '')),
              ],
            });
      }),
    );
  },
};

export const deadLetters: Link = {
  id: 'queues.deadLetters',
  title: 'Nothing waits among the dead letters, and failures end there',
  why: 'What Stepcast could not deliver lies there with its reason; somebody’s progress is missing until it is looked at.',
  check(setup, chain) {
    const name = setup.queueNames.deadLetters;
    const dead = queueOf(setup, chain, 'deadLetters');
    if (dead === undefined) return couldNotCheck(`${name} was not looked up`);
    if (dead.state === 'unavailable') return missing(dead);
    if (!dead.value.found) return couldNotCheck(`there is no queue ${name} (see queues.exist)`);
    const { messages } = dead.value.value;
    const url = `https://sqs.${setup.region}.${dnsSuffixOf(setup.region)}/${accountOf(setup)}/${name}`;
    const findings: Finding[] = [
      messages === 0
        ? pass('no dead letters')
        : warn({
            evidence: [`${messages} message${messages === 1 ? '' : 's'} in ${name}`],
            repair: [
              '# each message says its reason; look at some (they become visible again after 30 s):',
              aws(
                setup,
                'sqs',
                'receive-message',
                '--queue-url',
                url,
                '--max-number-of-messages',
                '10',
                '--visibility-timeout',
                '30',
              ),
            ],
          }),
    ];
    for (const role of roles) {
      const queue = queueOf(setup, chain, role);
      if (queue?.state !== 'known' || !queue.value.found) continue;
      findings.push(...redriveFindings(setup, chain, role, queue.value.value));
    }
    return worst(findings);
  },
};

/** A redrive policy is optional, because the services write dead letters with reasons themselves; a wrong one loses messages. */
function redriveFindings(setup: Setup, chain: Chain, role: QueueRole, queue: Queue): readonly Finding[] {
  const name = setup.queueNames[role];
  if (queue.redrive === undefined) return [];
  const { targetArn, maxReceiveCount } = queue.redrive;
  const target = targetArn.slice(targetArn.lastIndexOf(':') + 1);
  const known = chain.queues.get(target);
  const url = `https://sqs.${setup.region}.${dnsSuffixOf(setup.region)}/${accountOf(setup)}/${name}`;
  const repair = [
    aws(setup, 'sqs', 'set-queue-attributes', '--queue-url', url, '--attributes', 'RedrivePolicy='),
  ];
  if (targetArn.endsWith('.fifo') !== queue.fifo)
    return [
      fail({
        evidence: [
          `${name} sends what fails to ${target}: a FIFO queue needs a FIFO queue there, another one none`,
        ],
        repair,
      }),
    ];
  if (known?.state === 'known' && !known.value.found)
    return [fail({ evidence: [`${name} sends what fails to ${target}, which does not exist`], repair })];
  return maxReceiveCount < 3
    ? [
        warn({
          evidence: [
            `${name} gives a message up after ${maxReceiveCount} receive: one restart is enough to lose its place`,
          ],
          repair: [
            aws(
              setup,
              'sqs',
              'set-queue-attributes',
              '--queue-url',
              url,
              '--attributes',
              JSON.stringify({
                RedrivePolicy: JSON.stringify({ deadLetterTargetArn: targetArn, maxReceiveCount: 5 }),
              }),
            ),
          ],
        }),
      ]
    : [];
}

export const queuePolicy: Link = {
  id: 'queues.policy',
  title: 'EventBridge may send uploads and status changes to their queues',
  why: 'A rule whose target queue refuses it drops the event without a trace in the queue.',
  skip: ({ sandboxUrl }) =>
    sandboxUrl === undefined ? undefined : 'the sandbox relays events inside its own process',
  check(setup, chain) {
    const eventful = ['uploads', 'status'] as const;
    return worst(
      eventful.map((role): Finding => {
        const name = setup.queueNames[role];
        const queue = queueOf(setup, chain, role);
        if (queue === undefined) return couldNotCheck(`${name} was not looked up`);
        if (queue.state === 'unavailable') return missing(queue);
        if (!queue.value.found) return couldNotCheck(`there is no queue ${name} (see queues.exist)`);
        const { arn, policy } = queue.value.value;
        const statement = {
          Sid: 'EventBridge',
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: arn,
          Condition: { StringEquals: { 'aws:SourceAccount': accountOf(setup) } },
        };
        const url = `https://sqs.${setup.region}.${dnsSuffixOf(setup.region)}/${accountOf(setup)}/${name}`;
        const { policies, unreadable } = compile(
          policy === undefined ? [] : [{ name: `policy of ${name}`, document: policy }],
          'resource',
        );
        const allowed = ['events.amazonaws.com', ...(role === 'uploads' ? ['s3.amazonaws.com'] : [])].some(
          (service) =>
            ask(
              { identity: [], resource: policies },
              {
                action: 'sqs:SendMessage',
                resource: arn,
                principal: { service },
                context: {
                  'aws:SecureTransport': 'true',
                  'aws:SourceAccount': accountOf(setup),
                  'aws:SourceArn':
                    service === 's3.amazonaws.com'
                      ? `arn:${setup.partition}:s3:::${setup.bucket ?? ''}`
                      : `arn:${setup.partition}:events:${setup.region}:${accountOf(setup)}:rule/${ruleOf(setup, role)}`,
                },
              },
            ).allowed,
        );
        if (allowed) return pass(`${name} takes events`);
        if (unreadable.length > 0) return couldNotCheck(unreadable.join('; '));
        return warn({
          evidence: [
            `the policy of ${name} does not let events.amazonaws.com send from a rule ${ruleOf(setup, role)} (one that names another rule cannot be seen from here)`,
          ],
          repair: [
            ...(policy === undefined
              ? []
              : ['# this replaces the policy of the queue; keep its other statements']),
            aws(
              setup,
              'sqs',
              'set-queue-attributes',
              '--queue-url',
              url,
              '--attributes',
              JSON.stringify({
                Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
              }),
            ),
          ],
        });
      }),
    );
  },
};
