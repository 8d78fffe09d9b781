import { randomUUID } from 'node:crypto';
import { TaskError } from './task-error';

interface Waiting {
  readonly settle: (result: unknown) => void;
  readonly fail: (error: Error) => void;
  readonly heard: () => void;
}

/** The task's answer, and the way to fail it from this side. */
export interface WaitingTask {
  readonly result: Promise<unknown>;
  readonly fail: (error: Error) => void;
}

/** A token that no task waits for (any more); what the endpoint makes `TaskTimedOut` of. */
export class TokenError extends Error {
  constructor() {
    super('Task Timed Out: no task waits for this token: it ended, timed out, or never was');
    this.name = 'TokenError';
  }
}

/** Tokens given to tasks, and those who wait for the answer. */
export class TaskTokens {
  readonly #waiting = new Map<string, Waiting>();

  issue(): string {
    return randomUUID();
  }

  /**
   * Waits for the task's answer.
   *
   * @param heartbeatSeconds longest silence; undefined for none
   * @param heartbeatError name of the error after a longer one
   */
  wait(token: string, heartbeatSeconds: number | undefined, heartbeatError: string): WaitingTask {
    let timer: NodeJS.Timeout | undefined;
    let fail: (error: Error) => void = () => undefined;
    const result = new Promise<unknown>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(token);
      };
      const heard = (): void => {
        if (heartbeatSeconds === undefined) return;
        clearTimeout(timer);
        timer = setTimeout(() => fail(new TaskError(heartbeatError, `no heartbeat within ${heartbeatSeconds} s`)), heartbeatSeconds * 1000);
      };
      fail = (error) => {
        end();
        reject(error);
      };
      this.#waiting.set(token, {
        settle: (value) => {
          end();
          resolve(value);
        },
        fail, heard,
      });
      heard();
    });
    return { result, fail };
  }

  /** @throws TokenError */
  succeed(token: string, output: string): void {
    this.#of(token).settle(JSON.parse(output));
  }

  /** @throws TokenError */
  failed(token: string, error: string | undefined, cause: string | undefined): void {
    this.#of(token).fail(new TaskError(error ?? 'States.TaskFailed', cause ?? ''));
  }

  /** @throws TokenError */
  heartbeat(token: string): void {
    this.#of(token).heard();
  }

  #of(token: string): Waiting {
    const waiting = this.#waiting.get(token);
    if (!waiting) throw new TokenError();
    return waiting;
  }
}
