/** Seconds for a person: `47 h`, `26 h 30 min`, `12 days`. */
export function span(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole >= 4 * 86_400) {
    const days = Math.floor(whole / 86_400);
    const hours = Math.round(whole % 86_400 / 3600);
    return hours === 0 || days >= 30 ? `${days} days` : `${days} days ${hours} h`;
  }
  const parts: [number, string][] = [[Math.floor(whole / 3600), 'h'], [Math.floor(whole / 60) % 60, 'min'], [whole % 60, 's']];
  const said = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`);
  return said.length === 0 ? '0 s' : said.join(' ');
}

/** Bytes for a person, in units of 2^30 as AWS sells disk and storage. */
export function gibibytes(bytes: number): string {
  const value = bytes / 2 ** 30;
  return `${value >= 10 || Number.isInteger(value) ? Math.round(value) : value.toFixed(value >= 0.1 ? 1 : 3)} GiB`;
}

/** Small sums as they are, not as nothing: `$12.34`, `$0.0057`. */
export function dollars(usd: number): string {
  return `$${usd >= 1 ? usd.toFixed(2) : usd.toPrecision(2)}`;
}

/** `1 copy`, `3 copies`. */
export function counted(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}
