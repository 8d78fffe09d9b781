import { MySqlConfig } from '../../../lib/contract/engines/mysql';
import type { Engine } from '../../runtime/engine';
import { takeCensus } from './census';
import { dump } from './dump';
import { inspect } from './inspect';
import { restoreCopy } from './restore';
import { startScratch } from './scratch';

export const mysql: Engine<MySqlConfig> = {
  name: 'mysql',
  config: MySqlConfig,
  inspect,
  dump,
  scratch: startScratch,
  restore: restoreCopy,
  census: takeCensus,
};

export default mysql;
