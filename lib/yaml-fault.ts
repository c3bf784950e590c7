import type { YAMLError } from 'yaml';

// Of these the parser's own words quote the file, where a secret may have been pasted.
const QUOTING: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_ALIAS: 'an alias or anchor that cannot be read, or has nothing to stand for',
  BAD_COLLECTION_TYPE: 'a tag of another kind of value',
  BAD_DIRECTIVE: 'a directive, which begins with %, that is not known',
  BAD_DQ_ESCAPE: 'an escape in double quotes that is not known',
  BAD_SCALAR_START: 'a value that must stand in quotes',
  TAG_RESOLVE_FAILED: 'a tag, which begins with !, that is not known',
  UNEXPECTED_TOKEN: 'something that does not belong here',
};

/** What is wrong with a YAML file, without a word of the file itself. */
export const yamlFault = ({ code, message }: YAMLError): string => QUOTING[code] ?? message;
