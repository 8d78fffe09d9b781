import type { Manifest } from '../../../lib/contract/manifest';
import { IntegrityError } from '../../runtime/errors';
import { MySqlNotes } from './notes';

/** @throws IntegrityError NOTES_DAMAGED */
export function parseNotes({ engineNotes }: Manifest): MySqlNotes {
  const parsed = MySqlNotes.safeParse(engineNotes);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new IntegrityError('NOTES_DAMAGED', `The manifest's notes are not of this engine's form (${where}).`, 'Use the release that made the copy, or a newer one.');
}
