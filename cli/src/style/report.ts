import type { Figures, Place } from './figures.js';

interface Figure {
  name: string;
  value: string;
  limit?: string;
  held: boolean;
  places: Place[];
}

const MOST_LONG_LINES_PERCENT = 1;
const MOST_SPEECH_VERBS = 4;
/** As formatted, without specs; what they are is in docs/decisions/0031. */
const MOST_LOCAL_STACK_LINES = 18_200;

export const isWithinLimits = (figures: Figures): boolean => figuresOf(figures).every(({ held }) => held);

/** The figures one a line, marked where a limit is not held; with `list` every place that was counted. */
export function styleReport(figures: Figures, { list }: { list: boolean }): string[] {
  const rows = figuresOf(figures);
  const width = Math.max(...rows.map(({ name }) => name.length)) + 2;
  return rows.flatMap(({ name, value, limit, held, places }) => [
    `${mark(limit, held)} ${name.padEnd(width)}${value}${limit ? `   (limit ${limit})` : ''}`,
    ...(list ? places.map(({ path, line, found }) => `    ${path}:${line}  ${found}`) : []),
  ]);
}

const mark = (limit: string | undefined, held: boolean): string => (limit === undefined ? ' ' : held ? '✓' : '✗');

function figuresOf(figures: Figures): Figure[] {
  const longPercent = share(figures.longLines.length, figures.lines, 100);
  const verbs = share(figures.speechVerbs.length, figures.commentWords, 1_000);
  return [
    plain('files', figures.files),
    plain('lines', figures.lines),
    {
      name: 'lines over 120 columns',
      value: `${count(figures.longLines.length)}, ${longPercent.toFixed(2)} %`,
      limit: `${MOST_LONG_LINES_PERCENT} %`,
      held: longPercent <= MOST_LONG_LINES_PERCENT,
      places: figures.longLines,
    },
    plain('words in comments', figures.commentWords),
    {
      name: 'tell, say, ask, hear, know in comments',
      value: `${count(figures.speechVerbs.length)}, ${verbs.toFixed(1)} per 1,000 words`,
      limit: `${MOST_SPEECH_VERBS} per 1,000`,
      held: verbs <= MOST_SPEECH_VERBS,
      places: figures.speechVerbs,
    },
    plain('doc comments', figures.docComments),
    {
      ...plain('doc comments that begin with a pronoun', figures.pronounComments.length),
      places: figures.pronounComments,
    },
    none('private synonyms as names', figures.privateSynonyms),
    none('untyped source files', figures.untypedFiles),
    none('files with @ts-nocheck', figures.uncheckedFiles),
    none('circular imports, of types too', figures.circularImports),
    ...figures.followedRoutes.map(({ route, files, mostFiles }) => atMost(mostFiles, `files of ${route}`, files)),
    {
      ...plain('lines of cli, stack, testing, audit, chaos', figures.localStackLines),
      limit: count(MOST_LOCAL_STACK_LINES),
      held: figures.localStackLines <= MOST_LOCAL_STACK_LINES,
    },
    plain('test cases', figures.testCases),
  ];
}

const plain = (name: string, value: number): Figure => ({ name, value: count(value), held: true, places: [] });

const atMost = (limit: number, name: string, places: Place[]): Figure => ({
  name,
  value: count(places.length),
  limit: count(limit),
  held: places.length <= limit,
  places,
});

const none = (name: string, places: Place[]): Figure => atMost(0, name, places);

const share = (part: number, whole: number, of: number): number => (whole === 0 ? 0 : (part / whole) * of);
const count = (value: number): string => value.toLocaleString('en');
