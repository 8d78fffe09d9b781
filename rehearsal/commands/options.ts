import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { nearest, UsageError } from '../usage';

/** @throws UsageError for an option that the command does not have, naming the one that is likely meant */
export function parseOptions<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T, usage: string) {
  return parse(args, options, usage, false).values;
}

/**
 * The same with words that are no options, such as the protection.
 *
 * @throws UsageError
 */
export function parseWords<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T, usage: string) {
  const { values, positionals } = parse(args, options, usage, true);
  return { options: values, words: positionals };
}

function parse<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T, usage: string, allowPositionals: boolean) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    const message = (error as Error).message.split('. To specify')[0];
    const unknown = /'(--[^']+)'/.exec(message)?.[1];
    const meant = unknown && nearest(unknown.slice(2), Object.keys(options));
    throw new UsageError(`${message}${(error as { code?: string }).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && meant ? `; did you mean --${meant}?` : ''}`, usage);
  }
}
