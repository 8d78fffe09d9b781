/** Runs `work` over what the iterable yields, so many at a time; the results are in the iterable's order. Ends with the first failure. */
export async function concurrently<T, R>(
  items: AsyncIterable<T> | Iterable<T>, limit: number, work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const running = new Set<Promise<void>>();
  let index = 0;
  let failed: { readonly reason: unknown } | undefined;
  for await (const item of items) {
    if (failed) break;
    const at = index++;
    const one = work(item)
      .then((result) => void (results[at] = result), (reason: unknown) => void (failed ??= { reason }))
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= limit) await Promise.race(running);
  }
  await Promise.all(running);
  if (failed) throw (failed as { readonly reason: unknown }).reason;
  return results;
}
