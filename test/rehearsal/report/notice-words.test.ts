import { FailedNotice } from '../../../lib/contract/notification';
import { reportedMessage } from '../../../rehearsal/report/notice-words';

const at = new Date('2026-11-20T02:01:00Z');
const notice = FailedNotice.parse({
  version: 1, event: 'failed', what: 'run', environment: 'staging', application: 'shop', protection: 'database', slot: '2026-11-20T02:00:00Z',
  sentence: '[SECRET_REFUSED] The worker may not read the secret.', error: 'RefusedError', execution: 'run-1',
});
const published = (message: string) => ({ topicArn: 'arn:aws:sns:eu-west-3:000000000000:Backup-Page', subject: 'Backup failed: shop/database (staging)', message, at });

test('a failure that the notify worker would have told stands in the report in words', () => {
  expect(reportedMessage(published(JSON.stringify(notice)))).toEqual({
    topic: 'Backup-Page', subject: 'Backup failed: shop/database (staging)', at: '2026-11-20T02:01:00.000Z',
    text: 'The backup of shop/database (staging) failed for the slot 2026-11-20T02:00:00Z.\n[SECRET_REFUSED] The worker may not read the secret.\n(error RefusedError, execution run-1)',
  });
  expect(reportedMessage(published(JSON.stringify({ ...notice, what: 'retire', protection: undefined }))).text).toMatch(/^The retire round of shop \(staging\) failed/);
});

test.each(['The backup of shop/database failed.', '{"version":9}', '{'])('any other stands there as it is: %s', (message) => {
  expect(reportedMessage(published(message)).text).toBe(message);
});
