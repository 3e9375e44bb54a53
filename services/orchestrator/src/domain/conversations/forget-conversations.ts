import type { ConversationRepository } from './conversation.repository.js';

/** How many conversations are deleted at once, so that nobody waits long for a lock. */
const batch = 100;

/** Deletes the conversations whose time was over at `at` (milliseconds since the epoch), in small batches. */
export async function forgetConversations(
  conversations: Pick<ConversationRepository, 'removeExpired'>,
  at: number,
): Promise<void> {
  while ((await conversations.removeExpired(at, batch)) === batch);
}
