import { randomBytes } from 'node:crypto';

/** A form as it goes over the wire: what comes before the bytes of its one file, and what after. */
export interface FormParts {
  readonly contentType: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** As browsers do, and the runtime's own `fetch` (whatwg/html, multipart/form-data). */
function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

/** Encodes a form but for the bytes of its file. Throws unless it has exactly one file, which comes last here. */
export function formParts(form: FormData): FormParts {
  const boundary = `----${randomBytes(16).toString('hex')}`;
  const heads: string[] = [];
  let fileHead: string | undefined;
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
    if (typeof value === 'string') heads.push(`${head}\r\n\r\n${value}\r\n`);
    else if (fileHead !== undefined) throw new Error('The form has more than one file.');
    else {
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      fileHead = `${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`;
    }
  }
  if (fileHead === undefined) throw new Error('The form has no file.');
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    before: Buffer.from(heads.join('') + fileHead),
    after: Buffer.from(`\r\n--${boundary}--\r\n`),
  };
}
