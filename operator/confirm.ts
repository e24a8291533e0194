import { createInterface } from 'node:readline/promises';

/** Whether the person at the terminal types just these words; no answer is no. */
export async function confirm(words: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => {
    asking.once('close', () => {
      resolve('');
    });
  });
  try {
    const answer = await Promise.race([asking.question(`Type "${words}" to go on: `), closed]);
    return answer.trim() === words;
  } finally {
    asking.close();
  }
}
