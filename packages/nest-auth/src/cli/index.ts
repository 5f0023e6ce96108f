#!/usr/bin/env node
import { runCli } from './run-cli.js';

// Kept, because the app is not allowed to exit.
const exit = process.exit.bind(process);
// The app may have started timers, which would keep the process alive.
runCli(process.argv.slice(2)).then((code) => exit(code));
