import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { scrubRoundsPrefix } from '../../../lib/contract/object-keys';
import type { ScrubbedCopies, ScrubRecord } from '../../../lib/contract/scrub-record';
import type { SentinelRequest } from '../../../lib/contract/sentinel-request';
import type { Note } from '../../../lib/model/watch/watched';
import { newestScrub } from '../copies/scrub-records';
import { messageOf } from '../errors';
import type { StoreReaderOptions } from '../store-reader';

/** What the rounds that read stored copies again have left. */
export interface SeenScrub {
  readonly notes: readonly Note[];
  /**
   * When the copy of a protection was read that was read longest ago, in seconds since 1970; undefined without a copy.
   *
   * @param since when the protection took effect: before the first round of all nothing is late
   */
  readAt(protection: string, since: number): number | undefined;
  /** Copies that were found damaged, and when that was told; undefined where no round has spoken of the protection. */
  damageOf(protection: string): (Pick<ScrubbedCopies, 'damaged' | 'damagedRuns'> & { readonly at: number }) | undefined;
}

/** One small document, however many copies there are; undefined where nobody is to read them again. */
export async function seeScrub(store: StoreReaderOptions, request: SentinelRequest, now: Date): Promise<SeenScrub | undefined> {
  if (!request.scrub) return undefined;
  const { record, notes } = await findRecord(store, request, now);
  const declaredAt = record ? undefined : await declaredSince(request.scrub, request.store.region, store.signal);
  const of = (name: string): ScrubbedCopies | undefined => record?.protections.find(({ protection }) => protection === name);
  return {
    notes,
    readAt: (name, since) => {
      const found = of(name);
      if (!found) return Math.max(since, declaredAt ?? since);
      return found.oldest && Date.parse(found.oldest.countsFrom) / 1000;
    },
    damageOf: (name) => {
      const found = of(name);
      return record && found && { at: Date.parse(record.at) / 1000, damaged: found.damaged, damagedRuns: found.damagedRuns };
    },
  };
}

async function findRecord(
  store: StoreReaderOptions, request: SentinelRequest, now: Date,
): Promise<{ readonly record?: ScrubRecord; readonly notes: readonly Note[] }> {
  try {
    const { record, problem } = await newestScrub(store, request, now);
    return { record, notes: problem ? [{ metric: 'lastReadAge', text: problem.text, about: problem.key }] : [] };
  } catch (error) {
    store.signal.throwIfAborted();
    const text = `Nobody can say when the stored copies were last read: ${messageOf(error)}`;
    return { notes: [{ metric: 'lastReadAge', text, about: scrubRoundsPrefix(request) }] };
  }
}

/** Before the first round: the schedule knows since when there is one. Where it does not answer, the policy's own beginning stands. */
async function declaredSince(
  { scheduleName, scheduleGroup }: NonNullable<SentinelRequest['scrub']>, region: string, signal: AbortSignal,
): Promise<number | undefined> {
  const scheduler = new SchedulerClient({ region });
  try {
    const command = new GetScheduleCommand({ Name: scheduleName, GroupName: scheduleGroup });
    const { CreationDate } = await scheduler.send(command, { abortSignal: signal });
    return CreationDate && CreationDate.getTime() / 1000;
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    scheduler.destroy();
  }
}
