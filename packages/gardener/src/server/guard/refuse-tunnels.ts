import type { Server } from 'node:http';

const REFUSAL = 'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** Answers those who take the server for a proxy (CONNECT); by itself Node closes their connection without a word. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_request, socket) => {
    // Who asked may be gone by now.
    socket.on('error', () => socket.destroy());
    socket.end(REFUSAL);
  });
}
