/** The largest message between services, in bytes. A model answer or a history page stays far below it. */
export const maxMessageBytes = 32 * 1024 * 1024;
