/** One JSON line an event, as Lambda's structured logs take it. Values are figures and names; secrets have no way in. */
export interface Log {
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  error(message: string, details?: Record<string, unknown>): void;
}

export function createLog(fixed: Record<string, unknown>, write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`)): Log {
  const line = (level: string) => (message: string, details: Record<string, unknown> = {}) =>
    write(JSON.stringify({ level, message, ...fixed, ...details, timestamp: new Date().toISOString() }));
  return { info: line('INFO'), warn: line('WARN'), error: line('ERROR') };
}
