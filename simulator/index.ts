/** The room's public face: start the double in this process. Tests and the demo steer it by `control-client.ts`. */
export { startSimulator, type Simulator, type SimulatorOptions } from './server.ts';
