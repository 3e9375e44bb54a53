import { type FeedSources, RunFeed } from './run-feed.js';
import { Wake } from './wake.js';

/** Resolves when the run has ended, however often the bus or the journal fails meanwhile, or when the signal fires. */
export async function followRun(
  sources: FeedSources,
  tenantId: string,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  const wake = new Wake();
  const stop = () => wake.notify();
  signal.addEventListener('abort', stop);
  const feed = await RunFeed.open(sources, tenantId, runId, stop);
  try {
    for (;;) {
      await feed.collect(Date.now()).catch(() => []);
      if (feed.ended || signal.aborted) return;
      await wake.wait(feed.sleepMs(Date.now()));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await feed.close();
  }
}
