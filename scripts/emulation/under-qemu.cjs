'use strict';
// Loaded into a Node that runs under qemu-user: children that are this same Node go through qemu as well, for the system
// cannot start them (without binfmt_misc, which needs root). GARDENER_EMULATOR is the command, as JSON.
const childProcess = require('node:child_process');
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
syncBuiltinESMExports();
