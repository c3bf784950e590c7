import { AppError } from '../../lib/errors.ts';

/**
 * Replaces the parser of warden.yaml in a bundle, which brings YAML, schemas and regular expressions, 750 KB of them.
 *
 * @throws AppError `configuration-invalid` always
 */
export function parseConfig(_text: string, fileName: string): never {
  throw new AppError('configuration-invalid', {
    detail: `${fileName}: a deployed function reads the JSON that the deployment makes of warden.yaml, and no YAML.`,
  });
}
