import { randomUUID } from 'node:crypto';
import { ApiError, notImplemented } from '../errors';
import { text, type Input, type Service } from './service';

interface Task {
  arn: string;
  cluster: string;
  taskDefinition: string;
  status: string;
  created: number;
  reason?: string;
  containers: { name: string; exitCode?: number }[];
}

/** ECS tasks that were started here; the host says when one has ended. */
export class TaskBook {
  readonly tasks = new Map<string, Task>();

  /** @param exitCode of each container; an ended task stays describable. */
  ended(taskArn: string, exitCode: number, reason = 'Essential container in task exited'): void {
    const task = this.tasks.get(taskArn);
    if (!task) return;
    task.status = 'STOPPED';
    task.reason ??= reason;
    for (const container of task.containers) container.exitCode = exitCode;
  }
}

const clusterOf = (input: Input): string => text(input, 'cluster') ?? 'default';

function describe(task: Task): object {
  return {
    taskArn: task.arn, clusterArn: task.cluster, taskDefinitionArn: task.taskDefinition, lastStatus: task.status,
    createdAt: task.created / 1000,
    desiredStatus: task.status === 'STOPPED' ? 'STOPPED' : 'RUNNING', stoppedReason: task.status === 'STOPPED' ? task.reason : undefined,
    launchType: 'FARGATE', containers: task.containers.map((container) => ({
      ...container, taskArn: task.arn, lastStatus: task.status,
    })), overrides: {}, attachments: [],
  };
}

export function ecsService(book: TaskBook): Service {
  const arnOf = (input: Input, region: string, account: string): string => {
    const cluster = clusterOf(input);
    return cluster.startsWith('arn:') ? cluster : `arn:aws:ecs:${region}:${account}:cluster/${cluster}`;
  };
  const find = (id: string): Task | undefined => [...book.tasks.values()].find(({ arn }) => arn === id || arn.endsWith(`/${id}`));
  return {
    name: 'ecs', accessDenied: 'AccessDeniedException',
    operations: {
      RunTask: {
        resource: (input, { settings }) => {
          const name = text(input, 'taskDefinition') ?? '';
          return name.startsWith('arn:') ? name : `arn:aws:ecs:${settings.region}:${settings.account}:task-definition/${name}`;
        },
        context: (input, { settings }) => ({ 'ecs:cluster': arnOf(input, settings.region, settings.account) }),
        run: async (input, { settings, operation }) => {
          if (!settings.handlers.runTask) throw notImplemented('ecs', operation, 'the host gave no handler runTask');
          const cluster = arnOf(input, settings.region, settings.account);
          const id = randomUUID().replace(/-/g, '');
          const taskArn = `arn:aws:ecs:${settings.region}:${settings.account}:task/${cluster.slice(cluster.lastIndexOf('/') + 1)}/${id}`;
          const overrides = (input.overrides as { containerOverrides?: { name: string }[] } | undefined)?.containerOverrides ?? [];
          if (JSON.stringify(input.overrides ?? {}).length > 8192) {
            throw new ApiError('InvalidParameterException', 400, 'Container Overrides length must be at most 8192');
          }
          const task: Task = {
            arn: taskArn, cluster, taskDefinition: text(input, 'taskDefinition') ?? '', status: 'RUNNING',
            created: settings.now().getTime(),
            containers: overrides.map(({ name }) => ({ name })),
          };
          book.tasks.set(taskArn, task);
          await settings.handlers.runTask({ cluster, taskDefinition: task.taskDefinition, taskArn, request: input });
          return { tasks: [describe(task)], failures: [] };
        },
      },
      StopTask: {
        resource: (input) => find(text(input, 'task') ?? '')?.arn ?? text(input, 'task') ?? '*',
        run: async (input, { settings }) => {
          const task = find(text(input, 'task') ?? '');
          if (!task) throw new ApiError('InvalidParameterException', 400, 'The referenced task was not found.');
          task.reason = text(input, 'reason') ?? 'Task stopped by user';
          task.status = 'STOPPED';
          await settings.handlers.stopTask?.(task.arn, task.reason);
          return { task: describe(task) };
        },
      },
      DescribeTasks: {
        resource: (input) => find(((input.tasks ?? []) as string[])[0] ?? '')?.arn ?? '*',
        run: (input) => {
          const ids = (input.tasks ?? []) as string[];
          const found = ids.map(find);
          return {
            tasks: found.flatMap((task) => (task ? [describe(task)] : [])),
            failures: ids.flatMap((arn, i) => (found[i] ? [] : [{ arn, reason: 'MISSING' }])),
          };
        },
      },
    },
  };
}
