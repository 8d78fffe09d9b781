import { Duration, TimeZone } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { PolicyShared } from '../policy-shared';

/** EventBridge Scheduler would try 185 times over a day; a slot that could not start within the hour is the dead-letter queue's. */
const RETRIES = 5;
const MAXIMUM_AGE = Duration.hours(1);

export interface RunScheduleProps {
  readonly title: string;
  readonly expression: string;
  readonly timeZone: string;
  readonly machine: sfn.IStateMachine;
  readonly shared: PolicyShared;
}

/** Starts the state machine with the scheduled instant as its slot: a late or repeated start still speaks of the same run. */
export class RunSchedule extends Construct {
  /** In the policy's group. */
  public readonly scheduleName: string;

  constructor(scope: Construct, id: string, { title, expression, timeZone, machine, shared }: RunScheduleProps) {
    super(scope, id);
    shared.admit(machine);
    this.scheduleName = new Schedule(this, 'Schedule', {
      description: `Backup of ${title}`,
      schedule: ScheduleExpression.expression(expression, TimeZone.of(timeZone)),
      scheduleGroup: shared.scheduleGroup,
      target: new StepFunctionsStartExecution(machine, {
        role: shared.schedulerRole,
        input: ScheduleTargetInput.fromObject({ slot: '<aws.scheduler.scheduled-time>' }),
        deadLetterQueue: shared.deadLetters,
        retryAttempts: RETRIES,
        maxEventAge: MAXIMUM_AGE,
      }),
    }).scheduleName;
  }
}
