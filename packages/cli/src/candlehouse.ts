#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Types are stripped and code is compiled once, not at each start: that is most of its time.
enableCompileCache();
await import("./main.ts");
