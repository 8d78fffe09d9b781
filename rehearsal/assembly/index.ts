export * from './assembly-error';
export * from './policies';
export * from './read-assembly';
export * from './resolver';
export type { Stack, TemplateResource } from './template';
