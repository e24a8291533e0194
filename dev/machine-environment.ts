import { scrubbedEnvironment, toolchainEnvironment } from './child-environment.ts';

/** This process's environment without anything that points to a provider, a server or a credential. */
export function machineEnvironment(): Record<string, string> {
  return scrubbedEnvironment(process.env);
}

/** The same with what building and fetching tools need. */
export function machineToolchain(): Record<string, string> {
  return toolchainEnvironment(process.env);
}
