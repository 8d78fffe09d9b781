import type { NotifyConfig } from '../../../lib/contract/notify-config';
import { ALARM_KINDS } from '../../../lib/contract/alarm-kinds';
import { messageOf } from '../errors';
import type { Log } from '../log';
import { composeAlarm, composeFailed, composeSucceeded, composeTest, composeUnknown, type Voice } from './compose';
import { composeDigest } from './compose-digest';
import { alarmsUrl, alarmUrl, executionsUrl } from './console';
import type { Heard } from './intake';
import type { Measured } from './measured';
import type { Message } from './message';

/** How a message is written once a language is known: what had to be asked for it was asked once. */
export type Writer = (voice: Voice) => Message;

/** What of CloudWatch and of time a message needs. */
export interface Surroundings {
  readonly config: NotifyConfig;
  readonly measured: Measured;
  readonly region: string;
  readonly log: Log;
}

/** Asks for the facts of what was heard. What cannot be asked is left out of the message, and never holds it up. */
export async function writerOf(heard: Heard, { config, measured, region, log }: Surroundings): Promise<Writer> {
  const whose = { environment: config.environment, application: config.application };
  const asked = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      log.warn(`CloudWatch could not be asked for ${what}: ${messageOf(error)}`, { errorType: (error as Error).name });
      return undefined;
    }
  };
  const { severity, at } = heard;
  switch (heard.form) {
    case 'alarm': {
      const { mark, alarm } = heard;
      const ours = mark.environment === config.environment && mark.application === config.application;
      const [safe, value] = ours ? await Promise.all([
        asked('what is safe', () => measured.safe(mark.protection, alarmAt(alarm.StateChangeTime, at))),
        asked('the alarm\'s metric', () => measured.value({ metric: ALARM_KINDS[mark.kind].metric, protection: mark.protection }, alarmAt(alarm.StateChangeTime, at))),
      ]) : [];
      const facts = {
        mark, severity, state: alarm.NewStateValue, at: alarmAt(alarm.StateChangeTime, at), safe, value,
        threshold: alarm.Trigger?.Threshold ?? undefined, alarmUrl: alarmUrl(alarm.AlarmArn, alarm.AlarmName, region),
      };
      return (voice) => composeAlarm(facts, voice);
    }
    case 'notice': {
      const { notice } = heard;
      if (notice.event === 'succeeded') return (voice) => composeSucceeded(notice, at, voice);
      if (notice.event === 'test') return (voice) => composeTest(notice, voice);
      if (notice.event === 'digest') {
        const policy = await asked('the digest', () => measured.policy(at));
        return (voice) => composeDigest({ whose, at, policy, alarmsUrl: alarmsUrl(region) }, voice);
      }
      const safe = await asked('what is safe', () => measured.safe(notice.protection, at));
      return (voice) => composeFailed({ notice, severity, at, safe, executionsUrl: executionsUrl(region) }, voice);
    }
    case 'foreign-alarm': {
      const { alarm } = heard;
      return (voice) => composeUnknown({
        whose, severity, at: alarmAt(alarm.StateChangeTime, at), key: `cdk-backup-policy/alarm/${alarm.AlarmName}`, subject: alarm.AlarmName, state: alarm.NewStateValue,
        text: [alarm.AlarmDescription ?? '', alarm.NewStateReason ?? ''].join('\n').trim(), alarmUrl: alarmUrl(alarm.AlarmArn, alarm.AlarmName, region),
      }, voice);
    }
    case 'unknown':
      return (voice) => composeUnknown({ whose, severity, at, key: `cdk-backup-policy/unknown/${heard.id}`, subject: heard.subject, text: heard.text, state: 'none' }, voice);
  }
}

/** CloudWatch writes `2026-11-20T02:00:00.000+0000`; every channel wants ISO 8601 as it is. */
function alarmAt(changed: string, heard: string): string {
  const instant = new Date(changed);
  return Number.isNaN(instant.getTime()) ? heard : instant.toISOString();
}
