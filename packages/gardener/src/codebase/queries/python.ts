export const pythonQuery = '';
