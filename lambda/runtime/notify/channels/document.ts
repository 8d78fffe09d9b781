import { CONTRACT_VERSION } from '../../../../lib/contract/common';
import { NOTIFICATION_SOURCE, type NotificationDocument } from '../../../../lib/contract/notification-document';
import { type Message, plainText } from '../message';

/** The message in a form of our own, for whoever makes something of it by himself. */
export function notificationDocument(message: Message, id: string): NotificationDocument {
  const { key, state, severity, kind, whose, at, language, title, sections, links } = message;
  return {
    version: CONTRACT_VERSION, source: NOTIFICATION_SOURCE, id, key, state, severity, kind, ...whose, at, language, title,
    text: plainText(message), sections: sections.map((one) => ({ ...one })), links: links.map((one) => ({ ...one })),
  };
}
