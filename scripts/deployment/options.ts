import { LOCATIONS, readEnvironment, type Environment } from "./environment.ts";

/** Options of the command line that say which environment is meant, and what it is to be. */
export interface EnvironmentOptions {
  readonly env?: string | undefined;
  readonly databases?: string | undefined;
  readonly location?: string | undefined;
}

/** The environment with its settings, the command line's first. Throws a sentence. */
export function environmentOf({ env, databases, location }: EnvironmentOptions): Environment {
  const { name, settings } = readEnvironment(env);
  const place = LOCATIONS.find((each) => each === location);
  if (location !== undefined && place === undefined) {
    throw new Error(`--location ${location} is not allowed: one of ${LOCATIONS.join(", ")}`);
  }
  const count = Number(databases ?? settings.databases);
  if (!Number.isInteger(count) || count < 1 || count > 100) {
    throw new Error(`--databases ${databases} is not allowed: a whole number from 1 to 100`);
  }
  const near = place === undefined ? {} : { location: place };
  return { name, settings: { ...settings, ...near, databases: count } };
}
