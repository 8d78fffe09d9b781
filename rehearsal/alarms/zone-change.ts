const HOUR = 3600;
const DAY = 24 * HOUR;

export interface ZoneChange {
  readonly timeZone: string;
  /** Epoch seconds. */
  readonly at: number;
  /** A local hour is left out, or comes twice. */
  readonly kind: 'hour-skipped' | 'hour-twice';
}

/** Seconds that a zone is ahead of UTC at an instant. @param format of the zone's own offset */
function offsetOf(format: Intl.DateTimeFormat, epochSeconds: number): number {
  const parts = format.formatToParts(new Date(epochSeconds * 1000));
  const [, sign, hours, minutes = '0'] = /GMT(?:([+-])(\d+):?(\d+)?)?/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? [];
  return hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * 60);
}

/** Every instant between two at which a zone's clocks are changed. */
export function zoneChanges(timeZone: string, from: number, to: number): ZoneChange[] {
  const changes: ZoneChange[] = [];
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  let after = offsetOf(format, from);
  for (let day = from; day < to; day += DAY) {
    const before = after;
    after = offsetOf(format, day + DAY);
    if (before === after) continue;
    let [low, high] = [day, day + DAY];
    while (high - low > 60) {
      const middle = Math.floor((low + high) / 120) * 60;
      if (offsetOf(format, middle) === before) low = middle;
      else high = middle;
    }
    if (high <= to) changes.push({ timeZone, at: high, kind: after > before ? 'hour-skipped' : 'hour-twice' });
  }
  return changes;
}

/** The last change of a kind before an instant; undefined where a zone has none within a year and a half. */
export function lastZoneChange(timeZone: string, kind: ZoneChange['kind'], before: number): ZoneChange | undefined {
  return zoneChanges(timeZone, before - 550 * DAY, before).findLast((change) => change.kind === kind);
}
