/** A configuration that can't be used: the message has the mend, the process ends with 2. */
export class ConfigError extends Error {}
