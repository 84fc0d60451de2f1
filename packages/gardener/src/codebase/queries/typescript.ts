export const typescriptQuery = '';
