/** One upload: sent, recorded, answered by what is there already, told to metrics and log. */
import { describe, expect, it } from 'vitest';
import { openFileBench, uploadBy, sha256Of } from './files-kit.ts';

describe('an upload', () => {
  it.each(['openai', 'kimi', 'glm'])('goes to %s where asked, with its default purpose', async (provider) => {
    const bench = await openFileBench();
    const made = await uploadBy(bench, { provider, content: 'hello', filename: 'näme.TXT' });
    expect(made).toMatchObject({
      provider,
      filename: 'näme.TXT',
      sizeBytes: 5,
      sha256: sha256Of('hello'),
      mimeType: 'text/plain',
      deduplicated: false,
      lease: null,
    });
    const { files } = await bench.control.state();
    expect(files).toMatchObject([{ id: made.fileId, filename: 'näme.TXT', bytes: 5 }]);
  });
});
