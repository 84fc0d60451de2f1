'use strict';
// Loaded into a Node that runs under qemu-user. Children that are this same Node go through qemu as well, for the system
// cannot start them (without binfmt_misc, which needs root). GARDENER_EMULATOR is the command, as JSON.
const childProcess = require('node:child_process');
const { promises } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const { spawn, fork } = childProcess;
const [qemu, ...before] = JSON.parse(process.env.GARDENER_EMULATOR);

childProcess.spawn = (command, ...rest) => {
  if (command !== process.execPath) return spawn(command, ...rest);
  const [args, options] = Array.isArray(rest[0]) ? rest : [[], rest[0]];
  return spawn(qemu, [...before, command, ...args], options);
};
childProcess.fork = (file, ...rest) => {
  const [args, options = {}] = Array.isArray(rest[0]) ? rest : [[], rest[0]];
  const execArgv = [...before, process.execPath, ...(options.execArgv ?? [])];
  return fork(file, args, { ...options, execPath: qemu, execArgv });
};
// qemu makes up what a process reads of itself in /proc, another start than others see: it would be taken for dead. It
// does not know the path in this form.
const { readFile } = promises;
promises.readFile = (path, ...rest) => {
  const own = path === `/proc/${process.pid}/stat`;
  return readFile(own ? `/proc//${process.pid}/stat` : path, ...rest);
};
syncBuiltinESMExports();
