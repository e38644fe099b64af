const batchSize = 8;

/**
 * Works on a few items at once. After a failure it waits for those that are under way, so that nothing goes on
 * behind the caller's back, and starts no more.
 *
 * @throws the first failure, in the order of the items
 */
export async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += batchSize) {
    const settled = await Promise.allSettled(items.slice(start, start + batchSize).map(work));
    for (const result of settled) if (result.status === "rejected") throw result.reason;
  }
}
