export type Permission = { allow: true } | { allow: false; reason: string };
