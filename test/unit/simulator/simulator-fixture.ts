import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { SimulatorConfig } from '../../../simulator/contract.ts';
import { controlSimulator, type SimulatorControl } from '../../../simulator/control-client.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../simulator/index.ts';

export interface SimulatorFixture {
  readonly simulator: Simulator;
  readonly control: SimulatorControl;
  /** The official SDK, unmodified, without retries. */
  sdk(apiKey?: string): OpenAI;
}

/** Each provider's prefix at the simulator. */
export const PREFIXES = { openai: '/v1', kimi: '/kimi/v1', glm: '/glm/v4' };

export function sdkFor(baseUrl: string, apiKey = 'sk-test-one'): OpenAI {
  return new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0, timeout: 5_000, logLevel: 'off' });
}

/** One simulator for the file, its faults cleared after each test. */
export function useSimulator(options: SimulatorOptions = {}): SimulatorFixture {
  let running:
    { simulator: Simulator; control: SimulatorControl; config: Partial<SimulatorConfig> } | undefined;
  const get = () => {
    if (running === undefined) throw new Error('the simulator is started by beforeAll');
    return running;
  };
  beforeAll(async () => {
    const simulator = await startSimulator(options);
    const control = controlSimulator(simulator.url);
    running = { simulator, control, config: await control.config() };
  });
  afterEach(async () => {
    await get().control.clearFaults();
    await get().control.config(get().config);
  });
  afterAll(() => get().simulator.close());
  return {
    get simulator() {
      return get().simulator;
    },
    get control() {
      return get().control;
    },
    sdk: (apiKey) => sdkFor(get().simulator.baseUrl, apiKey),
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function textFile(text: string, name = 'notes.txt'): File {
  return new File([text], name, { type: 'text/plain' });
}
