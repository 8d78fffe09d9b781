import { z } from 'zod';
import { CONTRACT_VERSION, Name } from './common';
import { NotifiedSeverity } from './notification';
import { MessageLanguage } from './notify-config';

/** EventBridge's `source`, and the `source` of the document. */
export const NOTIFICATION_SOURCE = 'cdk-backup-policy';

/** EventBridge's `detail-type`. */
export const NOTIFICATION_DETAIL_TYPE = 'Backup notification';

/**
 * What an HTTPS recipient is sent, and an event bus as `detail`. A release may add fields: whoever reads it passes over what he does not
 * know. `version` changes when a field is taken away or means something else.
 */
export const NotificationDocument = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  source: z.literal(NOTIFICATION_SOURCE),
  /** The same when a message is sent again. */
  id: z.string().min(1),
  /** The same for a problem and its recovery. */
  key: z.string().min(1).max(255),
  /** `problem` opens what `recovered` closes; `news` is neither. */
  state: z.enum(['problem', 'recovered', 'news']),
  severity: NotifiedSeverity,
  /** Kind of alarm, or `failed-run`, `failed-retire`, `failed-extend`, `failed-scrub`, `succeeded`, `test`, `digest`, `unknown`. */
  kind: z.string().min(1),
  environment: Name,
  application: Name,
  protection: Name.optional(),
  /** When it happened. */
  at: z.string().min(1),
  language: MessageLanguage,
  title: z.string().min(1),
  /** The whole message as plain text. */
  text: z.string().min(1),
  sections: z.array(z.strictObject({ label: z.string().min(1), text: z.string().min(1) })),
  links: z.array(z.strictObject({ label: z.string().min(1), url: z.url() })),
});
export type NotificationDocument = z.infer<typeof NotificationDocument>;
