import fc from 'fast-check';
import { NotificationDocument } from '../../lib/contract/notification-document';
import { chatNotification } from '../../lambda/runtime/notify/channels/chat';
import { notificationDocument } from '../../lambda/runtime/notify/channels/document';
import { jiraCalls } from '../../lambda/runtime/notify/channels/jira';
import { pagerDutyEvents } from '../../lambda/runtime/notify/channels/pagerduty';
import { slackMessage } from '../../lambda/runtime/notify/channels/slack';
import { teamsMessage } from '../../lambda/runtime/notify/channels/teams';
import { topicMessage } from '../../lambda/runtime/notify/channels/topic';
import { composeAlarm, composeFailed, composeTest } from '../../lambda/runtime/notify/compose';
import type { AlarmFacts } from '../../lambda/runtime/notify/facts';
import { anyMessage, HOSTILE } from './arbitraries';
import { ChatNotification, JiraAlert, JiraClose, PAGERDUTY_BYTES, PagerDutyEvent, SlackMessage, SnsPublication, TEAMS_BYTES, TeamsMessage } from './schemas';

const KEY = '0123456789abcdef0123456789abcdef';
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('any message is of the published form of', () => {
  const holds = (property: (message: Parameters<typeof slackMessage>[0]) => void): void => fc.assert(fc.property(anyMessage, property));

  test('PagerDuty\'s Events API v2', () => holds((message) => {
    for (const event of pagerDutyEvents(message, KEY)) {
      PagerDutyEvent.parse(event);
      expect(bytes(event)).toBeLessThan(PAGERDUTY_BYTES);
    }
  }));

  test('Slack\'s Block Kit', () => holds((message) => void SlackMessage.parse(slackMessage(message))));

  test('a card for Teams', () => holds((message) => {
    TeamsMessage.parse(teamsMessage(message));
    expect(bytes(teamsMessage(message))).toBeLessThan(TEAMS_BYTES);
  }));

  test('Jira Service Management', () => holds((message) => {
    for (const { path, body } of jiraCalls(message)) {
      if (path === '') JiraAlert.parse(body);
      else {
        JiraClose.parse(body);
        expect(decodeURIComponent(/^\/([^/?]+)\/close\?identifierType=alias$/.exec(path)![1])).toBe(message.key);
      }
    }
  }));

  test('AWS\'s chat integration', () => holds((message) => void ChatNotification.parse(chatNotification(message, 'id-1'))));

  test('our own document', () => holds((message) => void NotificationDocument.parse(notificationDocument(message, 'id-1'))));

  test('SNS, with a text for mail and one for telephones', () => holds((message) => {
    const publication = SnsPublication.parse(topicMessage(message));
    const texts = JSON.parse(publication.Message) as Record<string, string>;
    expect(Object.keys(texts).sort()).toEqual(['default', 'email', 'sms']);
    expect(texts.sms.length).toBeLessThanOrEqual(140);
  }));
});

const alarm = (state: AlarmFacts['state'], severity: AlarmFacts['severity'] = 'page') => composeAlarm({
  mark: { kind: 'copyNotProven', environment: 'production', application: 'montoit', protection: 'database' }, severity, state,
  at: '2026-11-20T02:00:00.000+0000', value: 1, threshold: 0, alarmUrl: 'https://console.aws.amazon.com/',
}, { language: 'en', timeZone: 'UTC' });

describe('a problem is opened, and closed by its recovery', () => {
  test('at PagerDuty, by severity', () => {
    const [trigger] = pagerDutyEvents(alarm('ALARM'), KEY);
    expect(trigger).toMatchObject({ event_action: 'trigger', payload: { severity: 'critical', component: 'database', class: 'copyNotProven' } });
    expect(pagerDutyEvents(alarm('ALARM', 'notify'), KEY)).toMatchObject([{ payload: { severity: 'warning' } }]);
    expect(pagerDutyEvents(alarm('OK'), KEY)).toEqual([{ routing_key: KEY, event_action: 'resolve', dedup_key: trigger.dedup_key }]);
  });

  test('in Jira Service Management, under one alias', () => {
    const [create] = jiraCalls(alarm('ALARM'));
    expect(create.body).toMatchObject({ priority: 'P1', alias: 'cdk-backup-policy/copyNotProven/production/montoit/database' });
    expect(jiraCalls(alarm('ALARM', 'notify'))).toMatchObject([{ body: { priority: 'P3' } }]);
    expect(jiraCalls(alarm('OK')).map(({ path }) => path)).toEqual([`/${encodeURIComponent('cdk-backup-policy/copyNotProven/production/montoit/database')}/close?identifierType=alias`]);
  });

  test('a test wakes nobody: it opens and closes at once, with the least urgency, and passes every filter for a severity', () => {
    const test = composeTest({ version: 1, event: 'test', environment: 'production', application: 'montoit', severity: 'page', at: '2026-11-20T02:00:00Z', asker: 'Awa' }, { language: 'fr', timeZone: 'UTC' });
    expect(pagerDutyEvents(test, KEY)).toMatchObject([{ event_action: 'trigger', payload: { severity: 'info' } }, { event_action: 'resolve' }]);
    expect(jiraCalls(test)).toMatchObject([{ path: '', body: { priority: 'P5' } }, { path: expect.stringContaining('/close') }]);
    expect(topicMessage(test).MessageAttributes).not.toHaveProperty('severity');
    expect(topicMessage(test)).toMatchObject({ Subject: '[TEST] montoit (production): essai des messages, personne n\'a a se lever', MessageAttributes: { language: { StringValue: 'fr' } } });
  });
});

describe.each(HOSTILE.filter((text) => text.trim() !== ''))('what somebody put into an error is only ever text: %j', (sentence) => {
  const message = composeFailed({
    notice: { version: 1, event: 'failed', what: 'run', environment: 'production', application: 'montoit', protection: 'database', slot: '2026-11-20T02:00:00Z', sentence, error: 'E', execution: 'x' },
    severity: 'page', at: '2026-11-20T02:00:00Z', executionsUrl: 'https://console.aws.amazon.com/',
  }, { language: 'en', timeZone: 'UTC' });

  test('in Slack', () => {
    const { blocks, text } = slackMessage(message);
    expect(text).not.toMatch(/<|>/);
    for (const block of blocks) {
      if (block.type !== 'context') expect(block.text.type).toBe('plain_text');
      if (block.type !== 'context') expect(block.text.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
    }
    const links = blocks.flatMap((block) => (block.type === 'context' ? block.elements : [])).map(({ text: one }) => one).filter((one) => one.includes('<'));
    for (const link of links) expect(link).toMatch(/^<https:\/\/[^|<>]+\|[^<>]+>$/);
  });

  test('in the chat integration', () => {
    const { content } = chatNotification(message, 'id');
    expect(content.description.replace(/^\*[^*\n]+\*$/gm, '')).not.toMatch(/[<>@*_~`[\]&]/);
  });

  test('in Teams, where no run knows Markdown', () => {
    for (const { inlines } of teamsMessage(message).attachments[0].content.body) for (const { type } of inlines) expect(type).toBe('TextRun');
  });

  test('in Jira', () => expect(JSON.stringify(jiraCalls(message))).not.toMatch(/<(?!\/?$)/));
});
