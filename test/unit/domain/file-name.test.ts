import { describe, expect, it } from 'vitest';
import { extensionOf, nameProblem } from '../../../domain/file-name.ts';

const ALLOWED = ['txt', 'pdf'];

describe('the name of a file to be uploaded', () => {
  it.each([
    'a.txt',
    'A.TXT',
    'two.dots.pdf',
    'with space.txt',
    'naïve 文件 🗂.pdf',
    `${'a'.repeat(251)}.txt`,
    '..txt',
    'quotes\'and"more.txt',
  ])('%j is accepted', (name) => {
    expect(nameProblem(name, ALLOWED)).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['without extension', 'readme'],
    ['nothing but an extension', '.txt'],
    ['ends in its dot', 'a.'],
    ['a folder', '..'],
    ['with a path', 'a/b.txt'],
    ['with an absolute path', '/a.txt'],
    ['with a path of Windows', 'C:\\a.txt'],
    ['with a newline', 'a\n.txt'],
    ['with NUL', 'a.txt\u0000.txt'],
    ['with DEL', 'a\u007f.txt'],
    ['with a C1 control', 'a\u0085.txt'],
    ['turned round by an override', 'a\u202etxt.pdf'],
    ['half a character', 'a\ud83d.txt'],
    ['too long', `${'a'.repeat(252)}.txt`],
    ['too long in bytes', `${'ä'.repeat(126)}.txt`],
  ])('%s is invalid', (_what, name) => {
    expect(nameProblem(name, ALLOWED)).toBe('FILENAME_INVALID');
  });

  it.each(['a.exe', 'a.txt.exe', 'a.txt ', 'a.t'])('%j has an extension that is not allowed', (name) => {
    expect(nameProblem(name, ALLOWED)).toBe('EXTENSION_NOT_ALLOWED');
  });

  it('has its extension told in lower case', () => {
    expect(extensionOf('Report.FINAL.PDF')).toBe('pdf');
    expect(extensionOf('.bashrc')).toBeUndefined();
  });
});
