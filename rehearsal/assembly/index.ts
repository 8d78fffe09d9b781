export * from './assembly-error';
export { AccountNotReadError, type DeployedStack, type Deployment, StackNotReadError } from './deployed';
export * from './policies';
export * from './read-assembly';
export * from './resolver';
export type { Stack, TemplateResource } from './template';
