import type { Command } from 'commander';

const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** The options of `stepcast doctor`, as `readDoctorOptions` takes them. */
export function withDoctorOptions(command: Command): Command {
  return command
    .option('--region <region>', 'region of the deployment (AWS_REGION)')
    .option('--profile <name>', 'profile of the AWS configuration file; its sign-in is checked too')
    .option('--before <what>', 'deploy: check whether a deployment would succeed, by its --settings')
    .option('--settings <path>', 'settings file of the CDK app, with --before deploy')
    .option('--stack <name>', 'CloudFormation stack whose outputs fill in what is not given')
    .option('--stage <word>', 'stage of the deployment (default: the one that the stack names, else none)')
    .option('--account-id <digits>', 'account of the deployment')
    .option('--identity-pool-id <id>')
    .option('--user-pool-id <id>')
    .option('--user-pool-client-id <id>')
    .option('--identity <id>', 'one identity ID (region:guid) to ask about')
    .option('--authenticated-role <name>')
    .option('--guest-role <name>')
    .option('--iot-policy <name>')
    .option('--topic-namespace <namespace>')
    .option('--persistent-sessions', 'clients keep MQTT sessions across connections')
    .option('--bucket <name>')
    .option('--key-template <template>', 'for example users/{identityId}/')
    .option('--origin <origin>', 'of the web application, for CORS')
    .option('--size <size>', 'small: one engine (default); large: correlator and publisher apart')
    .option('--state-machine <arn>')
    .option(
      '--show-workflows',
      'people are to see the outlines of the workflows (default: as the stack says)',
    )
    .option(
      '--observed',
      'something else starts the workflow: search recent inputs for uploads (default: as the stack says)',
    )
    .option(
      '--input-paths <json>',
      'ownership.inputPaths to try on recent inputs, with --observed (default: as the stack says)',
    )
    .option('--log-group <name>', 'default: the one that the state machine logs to')
    .option('--forwarder <name>', 'name of the forwarder’s function')
    .option('--kvs-channels <pattern>', 'signaling channels, for example session-*')
    .option('--kvs-speakers', 'every signed-in person may be master')
    .option('--kvs-guests', 'people who are not signed in are meant to listen')
    .option('--env-file <path>', 'settings of an application (.env or JSON); may be repeated', collect)
    .option('--template <path>', 'CloudFormation template; may be repeated', collect)
    .option('--endpoint <url>', 'the sandbox, for example http://127.0.0.1:4200 (STEPCAST_ENDPOINT)')
    .option('--user <name>', 'user of the sandbox to sign in (default: the first)')
    .option('--only <areas>', 'areas or links to check, for example iot,s3.cors')
    .option('--json', 'print the diagnosis for programs')
    .option('--fix', 'make the repairs that only add; each is shown and asked for')
    .option('--yes', 'do not ask before a repair');
}
