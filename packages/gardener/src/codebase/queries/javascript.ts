export const javascriptQuery = '';
