import { randomUUID } from 'node:crypto';
import { childNode, childNodes, childText, malformedXml, parseXml, toXml, type XmlNode, type XmlValue } from '../../xml';
import type { Expiration, LifecycleFilter, LifecycleRule, NoncurrentAge, Transition } from './rules';

/**
 * The body of PutBucketLifecycleConfiguration. A rule without an id gets one, as S3 gives it.
 * @throws ApiError MalformedXML
 */
export function parseLifecycle(body: Buffer): LifecycleRule[] {
  const rules = childNodes(parseXml(body, 'LifecycleConfiguration'), 'Rule');
  if (rules.length === 0 || rules.length > 1000) throw malformedXml();
  return rules.map(parseRule);
}

function parseRule(node: XmlNode): LifecycleRule {
  const status = childText(node, 'Status');
  if (status !== 'Enabled' && status !== 'Disabled') throw malformedXml();
  const expiration = childNode(node, 'Expiration');
  const noncurrent = childNode(node, 'NoncurrentVersionExpiration');
  const transitions = childNodes(node, 'Transition').map(parseTransition);
  const noncurrentTransitions = childNodes(node, 'NoncurrentVersionTransition')
    .map((one) => ({ ...parseAge(one), storageClass: required(one, 'StorageClass') }));
  const abort = childNode(node, 'AbortIncompleteMultipartUpload');
  return {
    id: childText(node, 'ID') || randomUUID(), enabled: status === 'Enabled', filter: parseFilter(node),
    ...(expiration ? { expiration: parseExpiration(expiration) } : {}),
    ...(noncurrent ? { noncurrentExpiration: parseAge(noncurrent) } : {}),
    ...(transitions.length ? { transitions } : {}),
    ...(noncurrentTransitions.length ? { noncurrentTransitions } : {}),
    ...(abort ? { abortUploadDays: whole(abort, 'DaysAfterInitiation') } : {}),
  };
}

function parseFilter(rule: XmlNode): LifecycleFilter {
  const old = 'Prefix' in rule;
  if (old === 'Filter' in rule) throw malformedXml();
  if (old) return { old, prefix: childText(rule, 'Prefix') ?? '' };
  const filter = childNode(rule, 'Filter')!;
  const and = childNode(filter, 'And');
  const from = and ?? filter;
  const tags = childNodes(from, 'Tag').map((tag) => [required(tag, 'Key'), childText(tag, 'Value') ?? ''] as const);
  const number = (name: string): number | undefined => (name in from ? whole(from, name) : undefined);
  const found: LifecycleFilter = {};
  if ('Prefix' in from) found.prefix = childText(from, 'Prefix') ?? '';
  if (tags.length) found.tags = Object.fromEntries(tags);
  if (new Set(tags.map(([key]) => key)).size < tags.length) throw malformedXml();
  const [greater, less] = [number('ObjectSizeGreaterThan'), number('ObjectSizeLessThan')];
  if (greater !== undefined) found.sizeGreaterThan = greater;
  if (less !== undefined) found.sizeLessThan = less;
  const conditions = partsOf(found).length;
  if (and ? conditions < 2 : conditions > 1) throw malformedXml();
  return found;
}

function parseExpiration(node: XmlNode): Expiration {
  const given = ['Days', 'Date', 'ExpiredObjectDeleteMarker'].filter((name) => name in node);
  if (given.length !== 1) throw malformedXml();
  if (given[0] === 'Days') return { days: whole(node, 'Days') };
  if (given[0] === 'Date') return { date: instant(node) };
  if (childText(node, 'ExpiredObjectDeleteMarker') !== 'true') throw malformedXml();
  return { lone: true };
}

function parseTransition(node: XmlNode): Transition {
  if ('Days' in node === 'Date' in node) throw malformedXml();
  const storageClass = required(node, 'StorageClass');
  return 'Days' in node ? { storageClass, days: whole(node, 'Days') } : { storageClass, date: instant(node) };
}

function parseAge(node: XmlNode): NoncurrentAge {
  const days = whole(node, 'NoncurrentDays');
  return 'NewerNoncurrentVersions' in node ? { days, newer: whole(node, 'NewerNoncurrentVersions') } : { days };
}

function required(node: XmlNode, name: string): string {
  const text = childText(node, name);
  if (!text) throw malformedXml();
  return text;
}

function whole(node: XmlNode, name: string): number {
  const text = required(node, name);
  if (!/^-?\d{1,15}$/.test(text)) throw malformedXml();
  return Number(text);
}

function instant(node: XmlNode): number {
  const date = Date.parse(required(node, 'Date'));
  if (Number.isNaN(date)) throw malformedXml();
  return date;
}

/** The conditions of a filter, one element each. */
function partsOf({ prefix, tags = {}, sizeGreaterThan, sizeLessThan }: LifecycleFilter): { [name: string]: XmlValue }[] {
  return [
    ...(prefix === undefined ? [] : [{ Prefix: prefix }]),
    ...Object.entries(tags).map(([Key, Value]) => ({ Tag: { Key, Value } })),
    ...(sizeGreaterThan === undefined ? [] : [{ ObjectSizeGreaterThan: sizeGreaterThan }]),
    ...(sizeLessThan === undefined ? [] : [{ ObjectSizeLessThan: sizeLessThan }]),
  ];
}

function filterXml(filter: LifecycleFilter): { [name: string]: XmlValue } {
  if (filter.old) return { Prefix: filter.prefix ?? '' };
  const parts = partsOf(filter);
  if (parts.length < 2) return { Filter: parts[0] ?? {} };
  const tags = parts.flatMap(({ Tag }) => (Tag === undefined ? [] : [Tag]));
  return { Filter: { And: Object.assign({}, ...parts, tags.length ? { Tag: tags } : {}) as { [name: string]: XmlValue } } };
}

/** The document that GetBucketLifecycleConfiguration answers. */
export function lifecycleXml(rules: readonly LifecycleRule[]): string {
  const date = (milliseconds: number | undefined): Date | undefined => (milliseconds === undefined ? undefined : new Date(milliseconds));
  const age = (one: NoncurrentAge): { [name: string]: XmlValue } => ({ NoncurrentDays: one.days, NewerNoncurrentVersions: one.newer });
  return toXml('LifecycleConfiguration', {
    Rule: rules.map(({ expiration, ...rule }) => ({
      ID: rule.id, ...filterXml(rule.filter), Status: rule.enabled ? 'Enabled' : 'Disabled',
      Expiration: expiration && {
        Days: 'days' in expiration ? expiration.days : undefined, Date: 'date' in expiration ? date(expiration.date) : undefined,
        ExpiredObjectDeleteMarker: 'lone' in expiration ? true : undefined,
      },
      Transition: rule.transitions?.map((one) => ({ Days: one.days, Date: date(one.date), StorageClass: one.storageClass })),
      NoncurrentVersionTransition: rule.noncurrentTransitions?.map((one) => ({ ...age(one), StorageClass: one.storageClass })),
      NoncurrentVersionExpiration: rule.noncurrentExpiration && age(rule.noncurrentExpiration),
      AbortIncompleteMultipartUpload: rule.abortUploadDays === undefined ? undefined : { DaysAfterInitiation: rule.abortUploadDays },
    })),
  });
}
