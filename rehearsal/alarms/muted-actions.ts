import type { AlarmState } from './alarm';
import type { StateChange, TakenAction } from './evaluate';
import { isMuted, type MuteRule } from './mute-rules';

/**
 * What alarms tell while mute rules are in force (CloudWatch User Guide, "How alarm mute rules work":
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules-behaviour.html). An alarm is evaluated as ever; what it
 * would do on entering any state, OK too, is not done. When no rule mutes it any more and it is still in the state whose action was muted,
 * that action is taken then.
 */
export class MutedActions {
  readonly #held = new Map<string, TakenAction>();

  constructor(private readonly rules: readonly MuteRule[]) {}

  /** Actions that wait for the end of their quiet hours. */
  get waiting(): number {
    return this.#held.size;
  }

  /**
   * @param changes every change of a state since it was asked last, those too that nothing is done for
   * @returns what is done now: what nobody mutes, and what is muted no more
   */
  pass(
    changes: readonly StateChange[], actions: readonly TakenAction[], stateOf: (change: StateChange) => AlarmState, at: number,
  ): TakenAction[] {
    if (this.rules.length === 0) return [...actions];
    for (const { alarm } of changes) this.#held.delete(alarm.arn);
    const now: TakenAction[] = [];
    for (const [arn, held] of this.#held) {
      if (isMuted(this.rules, held.change.alarm, at)) continue;
      this.#held.delete(arn);
      if (stateOf(held.change) === held.change.to) now.push({ ...held, at, mutedSeconds: at - held.at });
    }
    for (const action of actions) {
      if (action.targets.length > 0 && isMuted(this.rules, action.change.alarm, at)) this.#held.set(action.change.alarm.arn, action);
      else now.push(action);
    }
    return now;
  }
}
