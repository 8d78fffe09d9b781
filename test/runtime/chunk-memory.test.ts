import { releaseChunk } from '../../lambda/runtime/chunk-memory';

test('a chunk with memory of its own gives it back, one of shared memory keeps it', () => {
  const own = Buffer.allocUnsafeSlow(65_536);
  releaseChunk(own);
  expect(own.length).toBe(0);

  const pooled = Buffer.from('rows');
  releaseChunk(pooled);
  expect(pooled.toString()).toBe('rows');

  const shared = Buffer.allocUnsafeSlow(100).fill('x');
  releaseChunk(shared.subarray(10));
  expect(shared.toString('latin1')).toBe('x'.repeat(100));
});
