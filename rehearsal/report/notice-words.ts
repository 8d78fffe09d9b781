import { FailedNotice } from '../../lib/contract/notification';
import type { PublishedMessage } from '../endpoint';
import type { RehearsalReport } from './model';

type Published = Pick<PublishedMessage, 'topicArn' | 'subject' | 'message' | 'at'>;
type ReportedMessage = RehearsalReport['messages'][number];

const WHAT: Readonly<Record<FailedNotice['what'], string>> = {
  run: 'The backup', retire: 'The retire round', extend: 'The round that lengthens locks', scrub: 'The round that re-reads copies',
};

/** A message as it would have gone out; what is for the notify worker, which makes messages of it, stands in a person's words. */
export function reportedMessage({ topicArn, subject, message, at }: Published): ReportedMessage {
  const notice = noticeOf(message);
  return {
    topic: topicArn.split(':').at(-1) ?? topicArn, at: at.toISOString(),
    subject: subject ?? '', text: notice === undefined ? message : wordsOf(notice),
  };
}

function wordsOf({ what, environment, application, protection, slot, sentence, error, execution }: FailedNotice): string {
  const whose = `${application}${protection === undefined ? '' : `/${protection}`} (${environment})`;
  return `${WHAT[what]} of ${whose} failed for the slot ${slot}.\n${sentence}\n(error ${error}, execution ${execution})`;
}

function noticeOf(message: string): FailedNotice | undefined {
  try {
    return FailedNotice.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
