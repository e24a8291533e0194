/** What must not stand in the repository: paths of one machine, registries, secrets. */
import { expect, it } from 'vitest';
import { read, repositoryFiles } from './repository.ts';

const BINARY = /\.(png|jpe?g|gif|ico|woff2?|gz|zip)$/;
const SELF = 'test/unit/structure/tidiness.test.ts';
/** Recorded workflow histories carry the names of the machine that recorded them. */
const RECORDED = /^test\/replay\/histories\//;

const texts = repositoryFiles()
  .filter((path) => !BINARY.test(path) && path !== SELF)
  .map((path) => ({ path, text: read(path) }));

function mentions(pattern: RegExp, spared: (path: string) => boolean = () => false): readonly string[] {
  return texts.flatMap(({ path, text }) => {
    const hit = spared(path) ? null : pattern.exec(text);
    return hit === null ? [] : [`${path}: ${hit[0]}`];
  });
}

it('there is something to look at', () => {
  expect(texts.length).toBeGreaterThan(20);
});

it('no path of one machine, no neighbouring checkout', () => {
  expect(mentions(/(?<![\w.$~}-])\/(work|root|Users)\/\w+/, (path) => RECORDED.test(path))).toEqual([]);
  expect(mentions(/\.\.\/shared\b/)).toEqual([]);
  expect(mentions(/(?<![\w.$~}-])\/tmp\/(tc|brief)\b/)).toEqual([]);
});

it('no package registry is named', () => {
  expect(mentions(/registry\.(npmjs|yarnpkg)\.\w+|proxy\.golang\.org|pypi\.org\/simple|npmmirror/)).toEqual(
    [],
  );
});

it('nothing that looks like a real secret', () => {
  const pretended = (path: string) => path.startsWith('test/');
  expect(mentions(/\bsk-(proj-)?[A-Za-z0-9]{20,}/, pretended)).toEqual([]);
  expect(mentions(/-----BEGIN [A-Z ]*PRIVATE KEY-----/)).toEqual([]);
});

it('recorded histories hold no key either', () => {
  const histories = texts.filter(({ path }) => RECORDED.test(path));
  for (const { path, text } of histories) expect(text, path).not.toMatch(/\bsk-|Bearer /);
});

it('no text that only a merge leaves behind', () => {
  expect(mentions(/^(<{7}|>{7}) /m)).toEqual([]);
});
