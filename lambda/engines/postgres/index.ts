import { PostgresConfig } from '../../../lib/contract/engines/postgres';
import type { Engine } from '../../runtime/engine';
import { takeCensus } from './census';
import { dump } from './dump';
import { inspect } from './inspect';
import { restoreCopy } from './restore';
import { startScratch } from './scratch';

export const postgres: Engine<PostgresConfig> = {
  name: 'postgres',
  config: PostgresConfig,
  inspect,
  dump,
  scratch: startScratch,
  restore: restoreCopy,
  census: takeCensus,
};

export default postgres;
