#!/usr/bin/env node
import { runCli } from './run-cli.js';

// Kept, because the app is not allowed to exit.
const exit = process.exit.bind(process);
runCli(process.argv.slice(2)).then((code) => {
  // From here on, what the app does when it exits holds again.
  process.exit = exit;
  process.removeAllListeners('unhandledRejection');
  // The app may have started timers, which would keep the process alive.
  exit(code);
});
