import type { IConstruct } from 'constructs';
import type { Assertion as AssertionData } from './contract/assertion';
import { PropRefused } from './refusal';

/**
 * A question to the restored copy, with the answer it must give: the first column of the first row. It is asked in the scratch server,
 * never in the source.
 */
export class Assertion {
  /**
   * @param name what a person calls it, in messages and verdicts
   * @param query in the engine's own language: SQL for the relational engines
   * @param database where it is asked; the copy's first database when left out
   */
  public static query(name: string, query: string, database?: string): Assertion {
    return new Assertion({ name, query, ...(database === undefined ? {} : { database }) });
  }

  private constructor(private readonly assertion: AssertionData) {}

  /** The answer, as text, is this text. */
  public equalTo(expected: string): Assertion {
    return new Assertion({ ...this.assertion, equals: expected });
  }

  /** The answer, as a number, is not below this. */
  public atLeast(minimum: number): Assertion {
    return new Assertion({ ...this.assertion, atLeast: minimum });
  }

  /** The answer, as a number, is not above this. */
  public atMost(maximum: number): Assertion {
    return new Assertion({ ...this.assertion, atMost: maximum });
  }

  /** @internal */
  public _bind(scope: IConstruct): AssertionData {
    const { name, query, equals, atLeast, atMost } = this.assertion;
    if (name.trim() === '') throw new PropRefused(scope, 'assertions', 'a nameless assertion', 'a name that a person understands');
    if (query.trim() === '') throw new PropRefused(scope, `assertions "${name}"`, 'an empty query', 'a query with one answer');
    if (equals === undefined && atLeast === undefined && atMost === undefined) {
      throw new PropRefused(scope, `assertions "${name}"`, 'without an expected answer', 'equalTo(), atLeast() or atMost()');
    }
    for (const bound of [atLeast, atMost]) {
      if (bound !== undefined && !Number.isFinite(bound)) throw new PropRefused(scope, `assertions "${name}"`, String(bound), 'a finite number');
    }
    return this.assertion;
  }
}
