const HOUR = 3600;
const DAY = 24 * HOUR;

/** Seconds that a zone is ahead of UTC at an instant. */
function offsetOf(timeZone: string, epochSeconds: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(new Date(epochSeconds * 1000));
  const [, sign, hours, minutes = '0'] = /GMT(?:([+-])(\d+):?(\d+)?)?/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? [];
  return hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * 60);
}

/** The first instant after another at which a zone's clocks are changed; undefined where none is within a year. */
export function nextZoneChange(timeZone: string, after: number): number | undefined {
  for (let day = after; day < after + 366 * DAY; day += DAY) {
    if (offsetOf(timeZone, day) === offsetOf(timeZone, day + DAY)) continue;
    let [low, high] = [day, day + DAY];
    while (high - low > 60) {
      const middle = Math.floor((low + high) / 120) * 60;
      if (offsetOf(timeZone, middle) === offsetOf(timeZone, low)) low = middle;
      else high = middle;
    }
    return high;
  }
  return undefined;
}
