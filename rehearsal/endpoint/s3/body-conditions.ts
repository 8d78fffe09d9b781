import type { ConditionContext } from '../types';
import { childText, parseXml } from '../xml';
import { DAY } from '../clock';
import { receiveDocument } from './document';
import type { S3Call } from './service';
import { parseTagging } from './tags';

/** Condition keys whose value is in the body (S3 User Guide, "Tagging and access control policies" and "Object Lock considerations"). */
const BY_OPERATION: Record<string, ((body: Buffer, now: number) => ConditionContext) | undefined> = {
  PutObjectTagging: (body) => tagConditions(Object.entries(parseTagging(body, 10))),
  PutObjectRetention: (body, now) => {
    const node = parseXml(body, 'Retention');
    const [mode, until] = [childText(node, 'Mode'), childText(node, 'RetainUntilDate')];
    return {
      ...(mode === undefined ? {} : { 's3:object-lock-mode': mode }),
      ...(until === undefined ? {} : { 's3:object-lock-retain-until-date': until, ...remainingDays(until, now) }),
    };
  },
  PutObjectLegalHold: (body) => ({ 's3:object-lock-legal-hold': childText(parseXml(body, 'LegalHold'), 'Status') ?? '' }),
};

/** @throws ApiError for a body that is not what it should be */
export async function bodyConditions(call: S3Call): Promise<ConditionContext> {
  const read = BY_OPERATION[call.operation];
  return read ? read(await receiveDocument(call), call.now()) : {};
}

export function tagConditions(pairs: readonly [string, string][]): ConditionContext {
  if (pairs.length === 0) return {};
  const context: ConditionContext = { 's3:RequestObjectTagKeys': pairs.map(([name]) => name) };
  for (const [name, value] of pairs) context[`s3:RequestObjectTag/${name}`] = value;
  return context;
}

export function remainingDays(until: string, now: number): ConditionContext {
  const days = Math.ceil((Date.parse(until) - now) / DAY);
  return Number.isNaN(days) ? {} : { 's3:object-lock-remaining-retention-days': String(days) };
}
