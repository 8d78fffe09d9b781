import { z } from 'zod';

/** The published forms of each channel, strictly: what they do not name is not sent. */

const Url = z.url({ protocol: /^https?$/ });

/** https://github.com/PagerDuty/api-schema, reference/events-v2/openapiv3.json; lengths of PD-CEF: https://support.pagerduty.com/main/docs/pd-cef. */
export const PagerDutyEvent = z.discriminatedUnion('event_action', [
  z.strictObject({
    routing_key: z.string().length(32), event_action: z.literal('trigger'), dedup_key: z.string().min(1).max(255),
    client: z.string().optional(), client_url: Url.optional(),
    links: z.array(z.strictObject({ href: Url, text: z.string().optional() })).optional(),
    images: z.array(z.strictObject({ src: Url, href: Url.optional(), alt: z.string().optional() })).optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024), timestamp: z.iso.datetime({ offset: true }), severity: z.enum(['critical', 'warning', 'error', 'info']),
      source: z.string().min(1), component: z.string().optional(), group: z.string().optional(), class: z.string().optional(),
      custom_details: z.record(z.string(), z.string()).optional(),
    }),
  }),
  z.strictObject({ routing_key: z.string().length(32), event_action: z.literal('resolve'), dedup_key: z.string().min(1).max(255) }),
]);
/** https://developer.pagerduty.com/docs/events-api-v2/overview: an event is 512 KB at most. */
export const PAGERDUTY_BYTES = 512 * 1024;

const SlackText = (characters: number) => z.string().min(1).max(characters);
const Mrkdwn = z.strictObject({ type: z.literal('mrkdwn'), text: SlackText(3000), verbatim: z.boolean().optional() });
const Plain = (characters: number) => z.strictObject({ type: z.literal('plain_text'), text: SlackText(characters), emoji: z.boolean().optional() });
const blockId = { block_id: z.string().max(255).optional() };

/**
 * https://docs.slack.dev/reference/block-kit/blocks/header-block, …/section-block, …/context-block;
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
 */
export const SlackMessage = z.strictObject({
  text: SlackText(40_000), mrkdwn: z.boolean().optional(), unfurl_links: z.boolean().optional(),
  blocks: z.array(z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('header'), text: Plain(150), ...blockId }),
    z.strictObject({ type: z.literal('section'), text: z.union([Plain(3000), Mrkdwn]), ...blockId }),
    z.strictObject({ type: z.literal('context'), elements: z.array(z.union([Plain(3000), Mrkdwn])).min(1).max(10), ...blockId }),
  ])).min(1).max(50),
});

/**
 * https://adaptivecards.io/schemas/adaptive-card.json (RichTextBlock, TextRun, Action.OpenUrl) within
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using.
 */
export const TeamsMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([z.strictObject({
    contentType: z.literal('application/vnd.microsoft.card.adaptive'), contentUrl: z.null(),
    content: z.strictObject({
      $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'), type: z.literal('AdaptiveCard'), version: z.enum(['1.2', '1.3', '1.4', '1.5']),
      msteams: z.strictObject({ width: z.literal('Full') }),
      body: z.array(z.strictObject({
        type: z.literal('RichTextBlock'), separator: z.boolean().optional(),
        inlines: z.array(z.strictObject({
          type: z.literal('TextRun'), text: z.string().min(1), weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
          size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
          color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
        })).min(1),
      })).min(1),
      actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: Url })).max(6),
    }),
  })]),
});
export const TEAMS_BYTES = 28 * 1024;

/** https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/, with the limits of Opsgenie's "Alerts and alert fields". */
export const JiraAlert = z.strictObject({
  message: z.string().min(1).max(130), alias: z.string().min(1).max(512),
  description: z.string().max(15_000), entity: z.string().max(512), source: z.string().max(100),
  tags: z.array(z.string().min(1).max(50)).max(20),
  details: z.record(z.string(), z.string()).refine((details) => JSON.stringify(details).length <= 8000),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
});
export const JiraClose = z.strictObject({ source: z.string().max(100), note: z.string().max(25_000) });

/** https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html, "Event schema" and "Parameter details". */
export const ChatNotification = z.strictObject({
  version: z.literal('1.0'), source: z.literal('custom'), id: z.string().optional(),
  content: z.strictObject({
    textType: z.literal('client-markdown').optional(), title: z.string().min(1).max(250).optional(), description: z.string().min(1).max(8000),
    nextSteps: z.array(z.string().min(1)).optional(), keywords: z.array(z.string().min(1)).optional(),
  }),
  metadata: z.strictObject({
    threadId: z.string().optional(), summary: z.string().optional(), eventType: z.string().optional(),
    relatedResources: z.array(z.string()).optional(), additionalContext: z.record(z.string(), z.string()).optional(),
  }).optional(),
});

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html. */
export const SnsPublication = z.strictObject({
  Subject: z.string().min(1).max(99).regex(/^[\x20-\x7e]+$/).regex(/^\S/),
  MessageStructure: z.literal('json'),
  Message: z.string().max(262_144),
  MessageAttributes: z.record(z.string().regex(/^[\w.-]{1,256}$/), z.strictObject({ DataType: z.literal('String'), StringValue: z.string().min(1) })),
});
