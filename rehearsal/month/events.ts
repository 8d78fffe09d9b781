import { parseExpression, slotsBetween } from '../../lib/model/schedule';
import type { FoundPolicy } from '../assembly';
import { DAY, midnightAfter } from '../endpoint/clock';
import type { Planned } from '../run-protection';

/** What happens at an instant of the simulated days; of several at one instant in this order. */
export type MonthEvent =
  /** S3 has done its night's work: what is stored is written down. */
  | { readonly kind: 'midnight'; readonly at: number }
  | { readonly kind: 'run'; readonly at: number; readonly planned: Planned }
  | { readonly kind: 'retire' | 'extend' | 'scrub'; readonly at: number; readonly policy: FoundPolicy };

const ORDER = { midnight: 0, run: 1, retire: 2, extend: 3, scrub: 4 } as const;

interface Scheduled { readonly expression: string; readonly timeZone: string }

/** Every slot, every round and every midnight between two instants, in order. */
export function eventsBetween(planned: readonly Planned[], from: number, to: number): MonthEvent[] {
  const slots = ({ expression, timeZone }: Scheduled): number[] =>
    slotsBetween(parseExpression(expression, timeZone), Math.floor(from / 1000) + 1, Math.floor(to / 1000)).map((slot) => slot * 1000);
  const events: MonthEvent[] = [
    ...planned.flatMap((one) => slots(one.protection.declared.schedule).map((at) => ({ kind: 'run' as const, at, planned: one }))),
    ...[...new Set(planned.map(({ policy }) => policy))].flatMap((policy) => [
      ...slots(policy.declared.retirement.schedule).map((at) => ({ kind: 'retire' as const, at, policy })),
      ...policy.declared.lockExtension ? slots(policy.declared.lockExtension.schedule).map((at) => ({ kind: 'extend' as const, at, policy })) : [],
      ...policy.declared.scrub ? slots(policy.declared.scrub.schedule).map((at) => ({ kind: 'scrub' as const, at, policy })) : [],
    ]),
  ];
  for (let at = midnightAfter(from); at <= to; at += DAY) events.push({ kind: 'midnight', at });
  return events.sort((a, b) => a.at - b.at || ORDER[a.kind] - ORDER[b.kind]);
}
