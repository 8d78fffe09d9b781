import { ALARM_STATES, AlarmError, type AlarmState } from './alarm';

export type Rule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly of: Rule }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Rule[] };

const TOKEN = /\s*(?:([()])|"([^"]*)"|([^\s()"]+))/y;

/**
 * Reads the rule of a composite alarm (CloudWatch API Reference, "PutCompositeAlarm", AlarmRule:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html).
 *
 * @throws AlarmError for what is none, AT_LEAST included
 */
export function parseRule(text: string): Rule {
  const tokens: { readonly text: string; readonly quoted: boolean }[] = [];
  const trimmed = text.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (!match) throw new AlarmError(`the rule ${text} cannot be read`);
    tokens.push({ text: match[1] ?? match[2] ?? match[3], quoted: match[2] !== undefined });
  }
  let next = 0;
  const is = (word: string): boolean => tokens[next]?.quoted === false && tokens[next].text.toUpperCase() === word;
  const take = (word: string): boolean => {
    if (!is(word)) return false;
    next++;
    return true;
  };
  const failed = (): AlarmError => new AlarmError(`the rule ${text} cannot be read at ${tokens[next] ? `"${tokens[next].text}"` : 'its end'}`);
  const demand = (word: string): void => {
    if (!take(word)) throw failed();
  };
  const either = (): Rule => {
    const of = [both()];
    while (take('OR')) of.push(both());
    return of.length === 1 ? of[0] : { kind: 'or', of };
  };
  const both = (): Rule => {
    const of = [one()];
    while (take('AND')) of.push(one());
    return of.length === 1 ? of[0] : { kind: 'and', of };
  };
  const one = (): Rule => {
    if (take('NOT')) return { kind: 'not', of: one() };
    if (take('TRUE')) return { kind: 'constant', value: true };
    if (take('FALSE')) return { kind: 'constant', value: false };
    if (take('(')) {
      const inner = either();
      demand(')');
      return inner;
    }
    const state = ALARM_STATES.find((known) => is(known));
    if (state === undefined) throw failed();
    next++;
    demand('(');
    const alarm = tokens[next++]?.text;
    if (alarm === undefined || alarm === ')') throw failed();
    demand(')');
    return { kind: 'state', state, alarm };
  };
  const rule = either();
  if (next < tokens.length) throw failed();
  return rule;
}

/** Whether a rule holds. @param stateOf of an alarm by its name or ARN */
export function holds(rule: Rule, stateOf: (alarm: string) => AlarmState): boolean {
  switch (rule.kind) {
    case 'constant': return rule.value;
    case 'state': return stateOf(rule.alarm) === rule.state;
    case 'not': return !holds(rule.of, stateOf);
    case 'and': return rule.of.every((one) => holds(one, stateOf));
    case 'or': return rule.of.some((one) => holds(one, stateOf));
  }
}

/** Names or ARNs of the alarms that a rule speaks of. */
export function alarmsIn(rule: Rule): string[] {
  switch (rule.kind) {
    case 'constant': return [];
    case 'state': return [rule.alarm];
    case 'not': return alarmsIn(rule.of);
    default: return rule.of.flatMap(alarmsIn);
  }
}
