import { Names } from 'aws-cdk-lib';
import * as chatbot from 'aws-cdk-lib/aws-chatbot';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { TeamsChannelProps } from '../recipient-options';

export interface ChatChannelProps {
  readonly title: string;
  /** Encrypts its topic. */
  readonly key: kms.IKey;
  readonly slack?: { readonly workspaceId: string; readonly channelId: string };
  readonly teams?: TeamsChannelProps;
}

/**
 * A channel that AWS's chat integration writes to, with a topic of its own: the integration subscribes without a filter. Nobody in the
 * channel may ask anything of the account: role and guardrail allow nothing.
 */
export class ChatChannel extends Construct {
  public readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, { title, key, slack, teams }: ChatChannelProps) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', { displayName: `Backup ${title}: chat`.slice(0, 100), masterKey: key, enforceSSL: true });
    const { role, guardrail } = sharedRights(scope, title);
    const same = {
      configurationName: Names.uniqueResourceName(this, { maxLength: 128, separator: '-' }),
      iamRoleArn: role.roleArn, guardrailPolicies: [guardrail.managedPolicyArn], snsTopicArns: [this.topic.topicArn], loggingLevel: 'ERROR',
    };
    if (slack) new chatbot.CfnSlackChannelConfiguration(this, 'Channel', { ...same, slackWorkspaceId: slack.workspaceId, slackChannelId: slack.channelId });
    if (teams) {
      new chatbot.CfnMicrosoftTeamsChannelConfiguration(this, 'Channel', {
        ...same, teamsTenantId: teams.tenantId, teamId: teams.teamId, teamsChannelId: teams.channelId,
      });
    }
  }
}

/** Without a guardrail the integration takes AWS's AdministratorAccess (CloudFormation Template Reference). */
function sharedRights(scope: Construct, title: string): { role: iam.IRole; guardrail: iam.IManagedPolicy } {
  const role = scope.node.tryFindChild('ChatRole') as iam.Role | undefined ?? new iam.Role(scope, 'ChatRole', {
    assumedBy: new iam.ServicePrincipal('chatbot.amazonaws.com'), description: `Chat channels of ${title}: may do nothing`,
  });
  const guardrail = scope.node.tryFindChild('ChatGuardrail') as iam.ManagedPolicy | undefined ?? new iam.ManagedPolicy(scope, 'ChatGuardrail', {
    description: `What nobody in a chat channel of ${title} may do: anything`,
    statements: [new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['*'], resources: ['*'] })],
  });
  return { role: role.withoutPolicyUpdates(), guardrail };
}
