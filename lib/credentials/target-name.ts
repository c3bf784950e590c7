const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/**
 * True for text that may name a target: 1 to 100 ASCII letters, digits, `_`, `.` and `-`, the first a letter or digit.
 * Such a name needs no escaping in a path, a log line or an ARN.
 */
export const isTargetName = (text: string): boolean => TARGET_NAME.test(text);
