/** Go's way to write a duration, which TiDB stores. */
export function goDuration(text: string): { seconds: number; text: string } | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== text) return undefined;
  const nanoseconds = parts.reduce((sum, [, figure, unit]) => {
    const [whole, part = ''] = figure.split('.');
    const scale = { h: 3600n, m: 60n, s: 1n }[unit as 'h' | 'm' | 's'];
    return sum + (BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, '0').slice(0, 9))) * scale;
  }, 0n);
  const seconds = nanoseconds / 1_000_000_000n;
  const rest = String(nanoseconds % 1_000_000_000n).padStart(9, '0').replace(/0+$/, '');
  const tail = `${seconds % 60n}${rest === '' ? '' : `.${rest}`}s`;
  const [hours, minutes] = [seconds / 3600n, seconds / 60n % 60n];
  return { seconds: Number(nanoseconds) / 1e9, text: hours > 0n ? `${hours}h${minutes}m${tail}` : minutes > 0n ? `${minutes}m${tail}` : tail };
}

/** The cluster's clock (TiDB, "TimeStamp Oracle (TSO) in TiDB"): milliseconds, then 18 bits that count. */
export class Oracle {
  private count = 0;

  next(): string {
    return String((BigInt(Date.now()) << 18n) + BigInt(++this.count % 262_144));
  }
}

export function instantOf(tso: string): string {
  return new Date(Number(BigInt(tso) >> 18n)).toISOString();
}
