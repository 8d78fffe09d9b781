/** Number of the descriptor over which the event goes in and the answer comes out: neither is ever in argv or the environment. */
export const CHANNEL = 3;

/** A module that moves the clock of the process that loads it first: every `Date` is so far ahead, timers are as they were. */
export function clockSource(aheadMilliseconds: number): string {
  return `'use strict';
const ahead = ${Math.round(aheadMilliseconds)};
const machine = Date;
const now = () => machine.now() + ahead;
globalThis.Date = new Proxy(machine, {
  apply: () => new machine(now()).toString(),
  construct: (target, given, as) => Reflect.construct(target, given.length > 0 ? given : [now()], as),
  get: (target, name, as) => (name === 'now' ? now : Reflect.get(target, name, as)),
});
`;
}

/**
 * What Lambda's Node runtime does around a handler, as plain JavaScript: it is written beside each worker and started by a fresh Node,
 * so it works the same from sources and from the bundled command line.
 *
 * One JSON line comes in (`{ root, handler, event, context, deadline }`), one goes out (`{ result }` or `{ error }`). Error names are
 * those of aws-lambda-nodejs-runtime-interface-client: `Runtime.ImportModuleError`, `Runtime.HandlerNotFound` …
 */
export const BOOTSTRAP_SOURCE = `'use strict';
const net = require('node:net');
const path = require('node:path');

const channel = new net.Socket({ fd: ${CHANNEL} });
let answered = false;

function answer(message, then) {
  if (answered) return;
  answered = true;
  channel.ref();
  channel.write(JSON.stringify(message) + '\\n', then);
}

function serialised(error, errorType) {
  if (error instanceof Error || (error !== null && typeof error === 'object' && typeof error.message === 'string')) {
    const trace = typeof error.stack === 'string' ? error.stack.split('\\n') : [];
    return { errorType: errorType || error.name || 'Error', errorMessage: error.message, trace };
  }
  return { errorType: errorType || typeof error, errorMessage: String(error), trace: [] };
}

process.on('uncaughtException', (error) => {
  console.error(error);
  answer({ error: serialised(error) }, () => process.exit(129));
});
process.on('unhandledRejection', (reason) => {
  console.error(reason);
  answer({ error: serialised(reason, 'Runtime.UnhandledPromiseRejection') }, () => process.exit(128));
});

function handlerOf(root, name) {
  const dot = name.lastIndexOf('.');
  let module;
  try {
    module = require(path.resolve(root, name.slice(0, dot)));
  } catch (error) {
    const missing = error !== null && typeof error === 'object' && error.code === 'MODULE_NOT_FOUND';
    throw { serialised: serialised(error, error instanceof SyntaxError ? 'Runtime.UserCodeSyntaxError' : missing ? 'Runtime.ImportModuleError' : undefined) };
  }
  const handler = module[name.slice(dot + 1)];
  if (typeof handler !== 'function') {
    const errorMessage = name + (handler === undefined ? ' is undefined or not exported' : ' is not a function');
    throw { serialised: { errorType: 'Runtime.HandlerNotFound', errorMessage, trace: [] } };
  }
  return handler;
}

async function invoke({ root, handler, event, context, deadline }) {
  let run;
  try {
    run = handlerOf(root, handler);
  } catch (failure) {
    return { error: failure.serialised };
  }
  try {
    const result = await run(event, { ...context, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) });
    return JSON.parse(JSON.stringify({ result: result === undefined ? null : result }));
  } catch (error) {
    return { error: serialised(error) };
  }
}

const chunks = [];
function heard(chunk) {
  const end = chunk.indexOf(10);
  chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
  if (end < 0) return;
  channel.off('data', heard);
  // Keeps reading, so that the end of the other side is seen, but does not keep this process alive: a handler that waits for
  // nothing ends it, as in Lambda.
  channel.resume();
  channel.unref();
  invoke(JSON.parse(Buffer.concat(chunks).toString('utf8'))).then((message) => answer(message));
}
channel.on('data', heard);

// Whoever asked is gone: nobody reads the answer, and nothing of this process's group may outlive it.
function endGroup() {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(1);
  }
}
channel.on('error', endGroup);
channel.on('end', endGroup);
`;
