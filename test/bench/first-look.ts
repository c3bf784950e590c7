/** Loaded before the command: writes to the file FIRST_LOOK when it first asks for a process list, and is out of the way from then on. */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';

const LOOKS = /PROCESSLIST/i;
const write = Socket.prototype.write;
const file = process.env['FIRST_LOOK'];

Socket.prototype.write = new Proxy(write, {
  apply(target, socket, parts: Parameters<typeof write>) {
    const [chunk] = parts;
    if (file !== undefined && chunk instanceof Buffer && LOOKS.test(chunk.toString('latin1'))) {
      writeFileSync(file, String(Date.now()));
      Socket.prototype.write = write;
    }
    return Reflect.apply(target, socket, parts);
  },
});
