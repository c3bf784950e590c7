/** True for an answer in JSON whose `field` is `right`: some platforms say no with status 200. */
export const hasCode =
  (field: string, right: number | boolean) =>
  (body: string): boolean => {
    try {
      const value: unknown = JSON.parse(body);
      return (
        typeof value === 'object' &&
        value !== null &&
        Object.entries(value).some(([name, code]) => name === field && code === right)
      );
    } catch {
      return false;
    }
  };
