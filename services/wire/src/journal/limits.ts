/** The events text of an entry takes at most this many bytes as UTF-8: it fits every message with its envelope. */
export const MAX_ENTRY_BYTES = 96 * 1024;

/** An entry holds at most this many events. */
export const MAX_ENTRY_EVENTS = 100;

/** The text of a state takes at most this many bytes as UTF-8: it fits an MQTT message of 128 KB with its envelope. */
export const MAX_STATE_BYTES = 120 * 1024;
