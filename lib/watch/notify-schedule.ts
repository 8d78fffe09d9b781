import { TimeZone } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { SnsPublish } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Schedule as Declared, expressionOf, timeZoneOf } from '../model/schedule';
import type { PolicyShared } from '../policy-shared';

/** EventBridge Scheduler would try 185 times over a day. */
const RETRIES = 5;

export interface NotifyScheduleProps {
  readonly description: string;
  readonly schedule: Declared;
  readonly topic: ITopic;
  /** The notice; `<aws.scheduler.scheduled-time>` in it is the instant. */
  readonly notice: Record<string, unknown>;
  readonly shared: PolicyShared;
}

/** A notice that is said at its times, by the way that alarms take too: what does not arrive would not have arrived at night either. */
export class NotifySchedule extends Construct {
  constructor(scope: Construct, id: string, { description, schedule, topic, notice, shared }: NotifyScheduleProps) {
    super(scope, id);
    new Schedule(this, 'Schedule', {
      description,
      schedule: ScheduleExpression.expression(expressionOf(schedule), TimeZone.of(timeZoneOf(schedule))),
      scheduleGroup: shared.scheduleGroup,
      target: new SnsPublish(topic, {
        role: shared.admitTopic(topic), input: ScheduleTargetInput.fromObject(notice),
        deadLetterQueue: shared.deadLetters, retryAttempts: RETRIES,
      }),
    });
  }
}
