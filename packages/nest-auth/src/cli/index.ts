#!/usr/bin/env node
import { runCli } from './run-cli.js';

// The app may have started timers, which would keep the process alive.
runCli(process.argv.slice(2)).then((code) => process.exit(code));
