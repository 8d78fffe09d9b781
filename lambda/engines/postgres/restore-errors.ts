import { IntegrityError, messageOf, RefusedError, RunError, TransientError } from '../../runtime/errors';
import type { TargetConnection } from './restore-target';

/** What a restore or a count ran into, in our words: an abort and a full disk are the reason behind whatever else was said. */
export async function restoreError(error: unknown, target: TargetConnection, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return signal.reason;
  if (error instanceof RunError) return error;
  const { code = '' } = error as { code?: string };
  const reason = await target.diskFull?.(error);
  if (reason) return reason;
  if (code === '53100') {
    return new RefusedError('TARGET_FULL', 'The disk of the target server is full.', 'Give it more room, or restore into another server.', { cause: error });
  }
  if (code === '53200') {
    return new RefusedError('SCRATCH_MEMORY', `The target server ran out of memory (${messageOf(error)}).`, 'Give the worker more memory, or use Compute.fargate().', { cause: error });
  }
  if (/^(57P0|08)/.test(code) || /Connection terminated|ECONN|EPIPE|ENOENT/.test(`${messageOf(error)} ${code}`)) {
    return new TransientError('SCRATCH_LOST', `The connection to the target server was lost (${messageOf(error)}).`, 'It is tried again; if it stays so, give the worker more memory.', { cause: error });
  }
  if (/^[0-9A-Z]{5}$/.test(code)) {
    return new IntegrityError('RESTORE_FAILED', `The copy does not restore: ${messageOf(error)} (${code}).`, 'Mend what it names in the source, and dump again.', { cause: error });
  }
  return error;
}
