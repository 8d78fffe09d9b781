export * from './assembly-error';
export { type DeployedStack, StackNotReadError } from './deployed';
export * from './policies';
export * from './read-assembly';
export * from './resolver';
export type { Stack, TemplateResource } from './template';
