import { type Message, plainText } from '../message';
import { brieflyAscii, cut } from '../text';

/** What SNS publishes: a text for each protocol, and attributes by which subscriptions filter. */
export interface TopicMessage {
  readonly Subject: string;
  readonly MessageStructure: 'json';
  readonly Message: string;
  readonly MessageAttributes: Readonly<Record<string, { readonly DataType: 'String'; readonly StringValue: string }>>;
}

/** SNS's limit of a subject is below 100 ASCII characters (API Reference, "Publish"). */
const SUBJECT_CHARACTERS = 99;
/** Far below the 256 KiB of a message. */
const TEXT_CHARACTERS = 60_000;

/** A test has no severity as an attribute, so that it passes every filter for it. */
export function topicMessage(message: Message): TopicMessage {
  const { kind, severity, language, state, key } = message;
  const text = cut(plainText(message), TEXT_CHARACTERS);
  const attributes = {
    language, kind, state, key, ...kind === 'test' ? {} : { severity: kind === 'succeeded' ? 'success' : severity },
  };
  return {
    Subject: brieflyAscii(message.title, SUBJECT_CHARACTERS),
    MessageStructure: 'json',
    Message: JSON.stringify({ default: text, email: text, sms: message.short }),
    MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }])),
  };
}
