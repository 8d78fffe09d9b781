import { z } from 'zod';
import { ageRecipientProblem } from '../model/age-recipient';

/** Each recipient is a paragraph of every stored file's header, and 62 characters of every request. */
export const MAXIMUM_RECIPIENTS = 16;

/** An age recipient, `age1…`: the public half of an X25519 key. */
const AgeRecipient = z.string().superRefine((text, context) => {
  const problem = ageRecipientProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const AgeRecipients = z.array(AgeRecipient).min(1).max(MAXIMUM_RECIPIENTS)
  .refine((all) => new Set(all).size === all.length, 'each recipient once');

/** How a copy's parts are encrypted before they leave the worker: any one of the recipients' identities opens them. */
export const CopyEncryption = z.strictObject({
  scheme: z.literal('age'),
  /** Public keys, in the order of the declaration. */
  recipients: AgeRecipients,
});
export type CopyEncryption = z.infer<typeof CopyEncryption>;

/** The same in a request: with the identity of the drills where there is one. Only the verify worker's role may read that secret. */
export function requestedEncryption<Deployed extends z.ZodType>(deployed: Deployed) {
  return z.strictObject({ ...CopyEncryption.shape, identitySecretArn: deployed.optional() });
}
