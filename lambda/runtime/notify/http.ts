import { setTimeout as pause } from 'node:timers/promises';
import { RefusedError, TransientError } from '../errors';

export interface Posted {
  readonly url: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PostOptions {
  /** Of the channel, for errors: an address may be a secret, and never stands in one. */
  readonly channel: string;
  readonly signal: AbortSignal;
  /** Of one try. @default 10,000 */
  readonly tryMilliseconds?: number;
  /** Between tries where the answer does not say. @default 1 s, then 4 s */
  readonly pausesMilliseconds?: readonly number[];
}

const TRY_MILLISECONDS = 10_000;
const PAUSES = [1_000, 4_000];
/** Longer than this nobody waits within an invocation: Lambda tries the whole again. */
const LONGEST_PAUSE = 20_000;

/**
 * Sends JSON once, and again after what passes by itself: no answer, 429, 5xx. Redirects are not followed: a message goes where the
 * recipient's secret says.
 *
 * @throws TransientError when the last try failed so, RefusedError for any other answer and for an address that is none
 */
export async function post({ url, body, headers }: Posted, options: PostOptions): Promise<void> {
  const { channel, signal, pausesMilliseconds = PAUSES } = options;
  const target = addressOf(url, channel);
  for (let tryNumber = 0; ; tryNumber += 1) {
    const answer = await once(target, { url, body, headers }, options);
    if (answer === undefined) return;
    if (!answer.passes) {
      throw new RefusedError('CHANNEL_REFUSED', `${channel} refused the message (${answer.what}).`, 'Look whether its webhook or key was revoked, and put the new one into its secret.');
    }
    if (tryNumber >= pausesMilliseconds.length || signal.aborted) {
      throw new TransientError('CHANNEL_UNREACHABLE', `${channel} did not take the message (${answer.what}).`, 'It is tried again by itself; then the raw message goes to the policy\'s topic.');
    }
    const milliseconds = Math.min(answer.pauseMilliseconds ?? pausesMilliseconds[tryNumber], LONGEST_PAUSE);
    await pause(milliseconds, undefined, { signal }).catch(() => undefined);
  }
}

interface Trouble {
  readonly what: string;
  readonly passes: boolean;
  readonly pauseMilliseconds?: number;
}

async function once(target: URL, { body, headers }: Posted, options: PostOptions): Promise<Trouble | undefined> {
  const { signal, tryMilliseconds = TRY_MILLISECONDS } = options;
  try {
    const answer = await fetch(target, {
      method: 'POST', redirect: 'manual', body: JSON.stringify(body),
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'cdk-backup-policy', ...headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(tryMilliseconds)]),
    });
    // An answer may repeat what it was sent: it is not kept.
    await answer.body?.cancel();
    if (answer.ok) return undefined;
    const { status } = answer;
    if (status >= 300 && status < 400) return { what: `HTTP ${status}, a redirect`, passes: false };
    const passes = status === 429 || status === 408 || status >= 500;
    return { what: `HTTP ${status}`, passes, pauseMilliseconds: retryAfter(answer.headers.get('retry-after')) };
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: unknown } };
    if (signal.aborted) return { what: 'out of time', passes: true };
    if (name === 'TimeoutError') return { what: `no answer within ${tryMilliseconds / 1000} s`, passes: true };
    const code = typeof cause?.code === 'string' && /^[A-Z_]+$/.test(cause.code) ? cause.code : 'no connection';
    return { what: code, passes: true };
  }
}

/** Seconds or a date, as HTTP has it. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function addressOf(url: string, channel: string): URL {
  const mend = 'Put an address that begins with https:// into its secret.';
  if (!URL.canParse(url)) throw new RefusedError('CHANNEL_ADDRESS', `The secret of ${channel} holds no address.`, mend);
  const target = new URL(url);
  if (target.protocol === 'https:' || (target.protocol === 'http:' && isLoopback(target.hostname) && isRehearsed())) return target;
  throw new RefusedError('CHANNEL_ADDRESS', `The secret of ${channel} holds an address that is not https.`, mend);
}

/** Only where the whole of AWS is on this machine: there a message may stay on it too. */
export function isRehearsed(): boolean {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  return endpoint !== undefined && URL.canParse(endpoint) && isLoopback(new URL(endpoint).hostname);
}

function isLoopback(hostname: string): boolean {
  return /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname);
}
