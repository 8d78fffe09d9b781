import { type Duration, TimeZone, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Segments of object keys and values of metric dimensions. */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A prop that cannot be: the message has the construct path, the prop, the value given and what is allowed. */
export class PropRefused extends Error {
  constructor(scope: IConstruct, prop: string, given: string, allowed: string) {
    super(`${scope.node.path || '(app)'}: ${prop} is ${given}; allowed: ${allowed}`);
    this.name = 'PropRefused';
  }
}

export function requireName(scope: IConstruct, prop: string, value: string): string {
  if (Token.isUnresolved(value)) throw new PropRefused(scope, prop, 'known only at deployment', 'a literal, for it is part of object keys and metrics');
  if (!NAME.test(value)) throw new PropRefused(scope, prop, JSON.stringify(value), 'lower-case letters, digits and hyphens, beginning with a letter or digit, 63 characters at most');
  return value;
}

export function requireInteger(scope: IConstruct, prop: string, value: number, minimum: number, maximum: number): number {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new PropRefused(scope, prop, String(value), `a whole number from ${minimum} to ${maximum}`);
  }
  return value;
}

/** Bounds are inclusive; the value must be whole seconds. */
export function requireDuration(scope: IConstruct, prop: string, value: Duration, minimum: Duration, maximum: Duration): number {
  const seconds = value.toMilliseconds() / 1000;
  if (!Number.isInteger(seconds) || seconds < minimum.toSeconds() || seconds > maximum.toSeconds()) {
    throw new PropRefused(scope, prop, describe(value), `from ${describe(minimum)} to ${describe(maximum)}, in whole seconds`);
  }
  return seconds;
}

/** Bounds are inclusive; the value must be whole days. */
export function requireDays(scope: IConstruct, prop: string, value: Duration, minimum: number, maximum: number): number {
  const days = value.toMilliseconds() / 86_400_000;
  if (!Number.isInteger(days) || days < minimum || days > maximum) {
    throw new PropRefused(scope, prop, describe(value), `whole days from ${minimum} to ${maximum}`);
  }
  return days;
}

/** In the spelling a deployment wants: `Intl` would also take `europe/paris` and `+02:00`. */
const ZONE_NAME = /^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/;
const SPELLINGS = new Map(Intl.supportedValuesOf('timeZone').map((name) => [name.toLowerCase(), name]));

/** Name of a zone that the IANA database knows; `UTC` for `Etc/UTC`, and for none. */
export function requireTimeZone(scope: IConstruct, prop: string, timeZone: TimeZone = TimeZone.ETC_UTC): string {
  const name = timeZone.timezoneName;
  const spelling = SPELLINGS.get(name.toLowerCase()) ?? name;
  if (!ZONE_NAME.test(name) || spelling !== name || !isKnown(name)) {
    throw new PropRefused(scope, prop, JSON.stringify(name), 'a zone of the IANA database in its own spelling, such as Europe/Paris');
  }
  return name === 'Etc/UTC' ? 'UTC' : name;
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

function describe(value: Duration): string {
  return value.toHumanString();
}
