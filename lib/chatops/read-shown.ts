type Fields = Readonly<Record<string, unknown>>;

/** The fields of what may be anything. */
export const fields = (value: unknown): Fields => ({ ...(typeof value === 'object' ? value : undefined) });

/** The elements of what may be anything. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A field's text, `''` for anything else. */
export const textOf = (value: unknown, name: string): string => {
  const found = fields(value)[name];
  return typeof found === 'string' ? found : '';
};
