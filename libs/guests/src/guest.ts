/** A thread or process of its own that takes one call at a time, is not trusted, and can be ended from outside at any moment. */
export interface Guest<Call, Reply> {
  /** Resolves when it has ended, for whatever reason. */
  readonly gone: Promise<void>;
  /** Whether it is ready for its next call, once it has put its last one behind it; false when it ended instead. */
  ready(): Promise<boolean>;
  /** Rejects when the guest dies on the way. */
  run(call: Call): Promise<Reply>;
  /** Resolves when it is gone. */
  kill(): Promise<void>;
}
