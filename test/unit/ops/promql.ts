/** Reads queries of Prometheus with its own grammar, as far as boards and alerts need it. */
import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

export interface Query {
  /** Names of the series it selects. */
  readonly metrics: readonly string[];
  /** Labels of what it gives; undefined for a plain number. */
  readonly labels: ReadonlySet<string> | undefined;
  /** What is wrong with it: a name or a label that does not exist where it is asked for, or no query at all. */
  readonly faults: readonly string[];
}

type Labels = ReadonlySet<string> | undefined;

interface Reader {
  readonly text: string;
  readonly series: ReadonlyMap<string, ReadonlySet<string>>;
  readonly metrics: string[];
  readonly faults: string[];
}

/** Functions whose answer has the labels of their vector. */
const PLAIN_FUNCTIONS = new Set(['rate', 'increase', 'max_over_time', 'min_over_time', 'clamp_min', 'abs']);
/** Aggregations that choose among series instead of making new ones. */
const CHOOSING = new Set(['Topk', 'Bottomk']);

/** Reads one query against the series that there are, each name with its labels. */
export function readQuery(text: string, series: Reader['series']): Query {
  const reader: Reader = { text, series, metrics: [], faults: [] };
  const tree = parser.parse(text);
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) reader.faults.push(`does not parse at ${node.from}`);
    },
  });
  if (reader.faults.length > 0) return { metrics: [], labels: undefined, faults: reader.faults };
  const [top] = childrenOf(tree.topNode);
  const labels = top === undefined ? undefined : evaluate(reader, top);
  return { metrics: reader.metrics, labels, faults: reader.faults };
}

function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function minus(labels: ReadonlySet<string>, without: readonly string[]): ReadonlySet<string> {
  return new Set([...labels].filter((label) => !without.includes(label)));
}

const textOf = ({ text }: Reader, node: Node): string => text.slice(node.from, node.to);

function fault(reader: Reader, what: string): void {
  reader.faults.push(what);
}

function evaluate(reader: Reader, node: Node): Labels {
  switch (node.name) {
    case 'NumberDurationLiteral':
    case 'StringLiteral':
      return undefined;
    case 'VectorSelector':
      return select(reader, node);
    case 'AggregateExpr':
      return aggregate(reader, node);
    case 'FunctionCall':
      return call(reader, node);
    case 'BinaryExpr':
      return combine(reader, node);
    case 'UnaryExpr':
      return inner(reader, node, 1);
    case 'ParenExpr':
    case 'MatrixSelector':
    case 'SubqueryExpr':
    case 'OffsetExpr':
      return inner(reader, node, 0);
    default:
      fault(reader, `${node.name} is not understood`);
      return undefined;
  }
}

function inner(reader: Reader, node: Node, index: number): Labels {
  const child = childrenOf(node)[index];
  return child === undefined ? undefined : evaluate(reader, child);
}

function select(reader: Reader, node: Node): Labels {
  const name = node.getChild('Identifier');
  const labels = name === null ? undefined : reader.series.get(textOf(reader, name));
  if (name === null || labels === undefined) {
    fault(reader, `there is no ${textOf(reader, name ?? node)}`);
    return undefined;
  }
  reader.metrics.push(textOf(reader, name));
  const matchers = childrenOf(node).flatMap((child) => child.getChildren('UnquotedLabelMatcher'));
  const asked = matchers.flatMap((matcher) => matcher.getChildren('LabelName'));
  wants(reader, {
    labels: asked.map((label) => textOf(reader, label)),
    of: labels,
    where: textOf(reader, name),
  });
  return labels;
}

interface Wish {
  readonly labels: readonly string[];
  readonly of: ReadonlySet<string>;
  readonly where: string;
}

function wants(reader: Reader, { labels, of, where }: Wish): void {
  for (const label of labels) if (!of.has(label)) fault(reader, `${where} has no label ${label}`);
}

/** Labels in the parentheses behind `by`, `on` and the like. */
function groupings(reader: Reader, node: Node): readonly (readonly string[])[] {
  return node
    .getChildren('GroupingLabels')
    .map((group) => group.getChildren('LabelName').map((label) => textOf(reader, label)));
}

/** The labels of the vector among the arguments. */
function argumentsOf(reader: Reader, node: Node): Labels {
  const body = node.getChild('FunctionCallBody');
  const all = body === null ? [] : childrenOf(body).map((child) => evaluate(reader, child));
  return all.find((labels) => labels !== undefined);
}

function aggregate(reader: Reader, node: Node): Labels {
  const of = argumentsOf(reader, node) ?? new Set<string>();
  const [operator] = childrenOf(node.getChild('AggregateOp') ?? node);
  const modifier = node.getChild('AggregateModifier');
  const [labels = []] = modifier === null ? [] : groupings(reader, modifier);
  wants(reader, { labels, of, where: textOf(reader, node) });
  if (CHOOSING.has(operator?.name ?? '')) return of;
  const isWithout = modifier !== null && modifier.getChild('Without') !== null;
  return isWithout ? minus(of, labels) : new Set(labels);
}

function call(reader: Reader, node: Node): Labels {
  const name = textOf(reader, node.getChild('FunctionIdentifier') ?? node);
  const of = argumentsOf(reader, node);
  if (name === 'time') return undefined;
  if (name === 'histogram_quantile') {
    wants(reader, { labels: ['le'], of: of ?? new Set(), where: textOf(reader, node) });
    return of && minus(of, ['le']);
  }
  if (!PLAIN_FUNCTIONS.has(name)) fault(reader, `${name}() is not understood`);
  return of;
}

function combine(reader: Reader, node: Node): Labels {
  const parts = childrenOf(node);
  const [left, right] = [parts.at(0), parts.at(-1)].map((side) => side && evaluate(reader, side));
  if (left === undefined || right === undefined) return left ?? right;
  const where = textOf(reader, node);
  const modifier = node.getChild('MatchingModifierClause');
  if (modifier === null) return match(reader, { left, right, where });
  const [matched = [], brought = []] = groupings(reader, modifier);
  if (modifier.getChild('Ignoring') !== null) {
    return match(reader, { left: minus(left, matched), right: minus(right, matched), where });
  }
  for (const of of [left, right]) wants(reader, { labels: matched, of, where });
  wants(reader, { labels: brought, of: right, where });
  const isMany = modifier.getChild('GroupLeft') !== null;
  const isSetOperation = ['And', 'Or', 'Unless'].some((name) => node.getChild(name) !== null);
  return isMany || isSetOperation ? new Set([...left, ...brought]) : new Set(matched);
}

interface Sides {
  readonly left: ReadonlySet<string>;
  readonly right: ReadonlySet<string>;
  readonly where: string;
}

/** Series of both sides match where all their labels are the same. */
function match(reader: Reader, { left, right, where }: Sides): Labels {
  if (minus(left, [...right]).size + minus(right, [...left]).size > 0)
    fault(reader, `nothing ever matches in ${where}`);
  return left;
}
