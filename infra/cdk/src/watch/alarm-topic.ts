import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { type Construct } from 'constructs';

/** A topic that exists, or one of the stack's own to which an address is subscribed, or none. */
export function alarmTopicOf(
  scope: Construct,
  {
    alarmTopicArn,
    alarmEmail,
    topicName,
  }: {
    readonly alarmTopicArn: string | undefined;
    readonly alarmEmail: string | undefined;
    /** Of the stack's own. */
    readonly topicName: string;
  },
): sns.ITopic | undefined {
  if (alarmTopicArn !== undefined) return sns.Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn);
  if (alarmEmail === undefined) return undefined;
  // Not encrypted by a key of AWS's: CloudWatch cannot use it, and alarms hold no data of people.
  const topic = new sns.Topic(scope, 'AlarmTopic', { topicName, enforceSSL: true });
  topic.addSubscription(new EmailSubscription(alarmEmail));
  return topic;
}
