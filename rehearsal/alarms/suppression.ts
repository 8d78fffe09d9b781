import type { Suppressor } from './alarm';
import type { StateChange } from './evaluate';

/** An action that waits, or that the suppressor holds back. */
export interface Suppression {
  readonly by: 'wait' | 'alarm' | 'extension';
  readonly change: StateChange;
  /** When waiting or extension ends; absent while the suppressor is in ALARM. */
  readonly until?: number;
}

export interface SuppressionInput {
  /** Of the composite alarm, now. */
  readonly change: StateChange | undefined;
  readonly before: Suppression | undefined;
  readonly suppressor: Suppressor | undefined;
  /** Whether the suppressor is in ALARM now. */
  readonly suppressed: boolean;
  readonly at: number;
}

export interface Suppressed {
  readonly tell?: StateChange;
  readonly suppression?: Suppression;
}

/**
 * What a composite alarm tells now, and what it holds back (CloudWatch User Guide, "Suppressing composite alarm actions":
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html). A change waits for its
 * suppressor to follow; what the suppressor held back waits on after it, for the composite to follow; then the current state is told. What
 * changes while nothing is told begins a wait of its own.
 */
export function suppress({ change, before, suppressor, suppressed, at }: SuppressionInput): Suppressed {
  if (!suppressor) return change ? { tell: change } : {};
  const current = change ?? before?.change;
  if (!current) return {};
  if (suppressed) return { suppression: { by: 'alarm', change: current } };
  if (change) return due({ by: 'wait', change, until: at + suppressor.waitSeconds }, at);
  if (before?.by === 'alarm') return due({ by: 'extension', change: current, until: at + suppressor.extensionSeconds }, at);
  return before ? due(before, at) : {};
}

function due(suppression: Suppression, at: number): Suppressed {
  return suppression.until !== undefined && suppression.until <= at ? { tell: suppression.change } : { suppression };
}
