import { GENERATED, pages } from './generated';

test.each(GENERATED.map((part) => [`${part.name} of ${part.file}`, part] as const))('%s is as the code says: npm run docs writes it', (_, part) => {
  const { is, should } = pages(part);
  expect(is).toBe(should);
});
