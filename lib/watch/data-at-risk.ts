import { Lazy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { BackupPolicy } from '../backup-policy';

/**
 * Alarms that one composite stands for. A rule ends at 10,240 characters and a generated name at 255, with its ARN around it
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html).
 */
const CHILDREN = 30;

/** One composite alarm of all that wake somebody, made once it is asked for; of many, further ones each of which is one of its children. */
export class DataAtRisk extends Construct {
  private readonly alarms: cloudwatch.IAlarm[] = [];
  private asked = false;
  private readonly groups: { readonly composite: cloudwatch.CompositeAlarm; readonly children: cloudwatch.IAlarm[] }[] = [];

  constructor(scope: Construct, id: string, private readonly policy: BackupPolicy) {
    super(scope, id);
  }

  /** Undefined while there is nothing to wake anybody. */
  public get whole(): cloudwatch.CompositeAlarm | undefined {
    if (!this.asked) {
      this.asked = true;
      for (const alarm of this.alarms) this.place(alarm);
    }
    return this.groups.at(0)?.composite;
  }

  public add(alarm: cloudwatch.IAlarm): void {
    this.alarms.push(alarm);
    if (this.asked) this.place(alarm);
  }

  private place(alarm: cloudwatch.IAlarm): void {
    const last = this.groups.at(-1);
    if (last && last.children.length < CHILDREN) {
      last.children.push(alarm);
      return;
    }
    const children = [alarm];
    const composite = this.compose(children);
    this.groups.at(0)?.children.push(composite);
    this.groups.push({ composite, children });
  }

  private compose(children: readonly cloudwatch.IAlarm[]): cloudwatch.CompositeAlarm {
    const { application, environment } = this.policy;
    return unnamed(new cloudwatch.CompositeAlarm(this, this.groups.length === 0 ? 'Whole' : `Part${this.groups.length}`, {
      alarmDescription: `${application} (${environment}): data is at risk now; the alarms that this one stands for say which. It tells nobody by itself.`,
      alarmRule: { renderAlarmRule: () => Lazy.string({ produce: () => cloudwatch.AlarmRule.anyOf(...children).renderAlarmRule() }) },
    }));
  }
}

/**
 * With a name that deployment makes: the CDK's own is of the construct's path alone, and two deployments of one app in one account and
 * region, under other stack names, would write over each other's alarm.
 */
export function unnamed(alarm: cloudwatch.CompositeAlarm): cloudwatch.CompositeAlarm {
  (alarm.node.defaultChild as cloudwatch.CfnCompositeAlarm).alarmName = undefined;
  return alarm;
}
