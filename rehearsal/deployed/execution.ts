import {
  DescribeExecutionCommand, type DescribeExecutionCommandOutput, GetExecutionHistoryCommand, type SFNClient, StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Terminal } from '../command-line';
import { type Progress, progressOn } from '../progress';
import { asked, AwsRefusedError } from './aws-error';

/** Between two questions after an execution. */
const POLL_MILLISECONDS = 3000;

/** @returns the execution's ARN */
export async function startExecution(client: SFNClient, stateMachineArn: string, name: string, input: unknown): Promise<string> {
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  const { executionArn } = await asked(`Step Functions did not start ${stateMachineArn}`, () => client.send(command));
  return executionArn ?? '';
}

export interface Followed {
  readonly execution: string;
  /** Such as `run 20261120T020000Z`. */
  readonly title: string;
  /** Before the name of each step. */
  readonly subject: string;
}

/** Until it ends, or the person goes: the execution itself goes on. */
export async function followExecution(
  client: SFNClient, followed: Followed, { stderr, signal }: Terminal,
): Promise<DescribeExecutionCommandOutput> {
  const { execution, title } = followed;
  const step: Step = { progress: progressOn(stderr) };
  step.progress.say(`${title}, ${execution}`);
  for (;;) {
    const command = new DescribeExecutionCommand({ executionArn: execution });
    const now = await asked(`Step Functions did not describe ${execution}`, () => client.send(command));
    await showState(client, followed, now, step);
    if (now.status !== 'RUNNING' && now.status !== 'PENDING_REDRIVE') return now;
    await sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => {
      throw new AwsRefusedError(`No longer followed; the run goes on: ${execution}`);
    });
  }
}

interface Step { readonly progress: Progress; name?: string; done?: (how: string) => void }

/** The state it is in, with its seconds, where a terminal shows them. */
async function showState(
  client: SFNClient, { execution, subject }: Followed, { status }: DescribeExecutionCommandOutput, step: Step,
): Promise<void> {
  const running = status === 'RUNNING';
  const name = running ? await stateOf(client, execution) : undefined;
  if (running && name === step.name) return;
  step.done?.(running || status === 'SUCCEEDED' ? 'done' : String(status).toLowerCase());
  Object.assign(step, { name, done: name === undefined ? undefined : step.progress.begin(`${subject}: ${name}`) });
}

async function stateOf(client: SFNClient, executionArn: string): Promise<string | undefined> {
  const command = new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 25, includeExecutionData: false });
  const { events = [] } = await asked(`Step Functions did not show what ${executionArn} does`, () => client.send(command));
  return events.find(({ type }) => type === 'TaskStateEntered')?.stateEnteredEventDetails?.name;
}
