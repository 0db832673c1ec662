import { posix } from 'node:path';
import { FOLLOWED_ROUTES, type FollowedRoute } from './followed-routes.js';
import { ImportGraph, type FileImport } from './import-graph.js';
import { parseSource, type Comment, type ParsedFile } from './source-file.js';

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  path: string;
  text: string;
}

export interface Place {
  path: string;
  line: number;
  /** The line, word or name that was found there. */
  found: string;
}

export interface Figures {
  files: number;
  lines: number;
  longLines: Place[];
  commentWords: number;
  speechVerbs: Place[];
  docComments: number;
  pronounComments: Place[];
  privateSynonyms: Place[];
  untypedFiles: Place[];
  uncheckedFiles: Place[];
  /** Imports that lead back to their own file, those of types alone included. */
  circularImports: Place[];
  followedRoutes: (FollowedRoute & { files: Place[] })[];
  /** Lines of cli, stack, testing, audit and chaos without specs. */
  localStackLines: number;
  testCases: number;
}

const LONGEST_LINE = 120;

/** Verbs for people. Programs report, print, log, query, request, receive, contain, find. */
const SPEECH_VERBS =
  /\b(?:tell|tells|telling|told|say|says|saying|said|ask|asks|asking|asked|hear|hears|hearing|heard|know|knows|knowing|known|knew)\b/giu;

/** Words that leave open what a comment is about. */
const PRONOUNS = new Set(
  (
    'i you he she it we they his her its our their this that these those ' +
    'who whom whose whoever what whatever which whichever one ones others'
  ).split(' '),
);

/**
 * Names of our own for what the field has a word for (README, "Words"). As identifiers they count in exactly this
 * spelling; `line`, `known`, `home` and `leaving` are ordinary words and stay allowed.
 */
const PRIVATE_SYNONYMS = new Set(
  (
    'Turns turns Watchers watchers CatchUp catchUp Door door knock Line turnAway Leaving parting setAside revived ' +
    'whyHopeless Gathering gathering withoutTwins room Told told learn Known AskedGauge Repeating Home telling'
  ).split(' '),
);

/** A delivery is settled: acknowledged, retried or dead-lettered. The audit has an option `--settle`. */
const SETTLEMENT = /settle|messaging\/src\/consumer|^audit\/|\/commands\/audit/;

const UNTYPED = /\.[mc]?js$/;
/** Each is loaded before anything is compiled: by Node.js, by ESLint, by k6. */
const PLAIN_JAVASCRIPT = /^(?:start\.mjs|eslint\.config\.mjs|load\/(?:lib\/)?[^/]+\.js)$/;

const LOCAL_STACK = /^(?:cli|stack|testing|audit|chaos)\//;
const SPEC = /\.spec\.m?ts$/;

export function measure(files: readonly SourceFile[]): Figures {
  const parsed = files.map((file) => new MeasuredFile(file));
  const all = (places: (file: MeasuredFile) => Place[]) => parsed.flatMap(places);
  const sum = (figure: (file: MeasuredFile) => number) => parsed.reduce((total, file) => total + figure(file), 0);
  const graph = new ImportGraph(parsed.flatMap((file) => file.imports()));
  return {
    files: files.length,
    lines: sum((file) => file.lines.length),
    longLines: all((file) => file.longLines()),
    commentWords: sum((file) => file.commentWords()),
    speechVerbs: all((file) => file.speechVerbs()),
    docComments: sum((file) => file.docComments().length),
    pronounComments: all((file) => file.pronounComments()),
    privateSynonyms: all((file) => file.privateSynonyms()),
    untypedFiles: all((file) => file.untyped()),
    uncheckedFiles: all((file) => file.unchecked()),
    circularImports: graph.circular().map(({ path, line, target }) => ({ path, line, found: target })),
    followedRoutes: measuredRoutes(files, graph),
    localStackLines: sum((file) => file.localStackLines()),
    testCases: sum((file) => file.parsed.testCases.length),
  };
}

const measuredRoutes = (files: readonly SourceFile[], graph: ImportGraph): Figures['followedRoutes'] =>
  FOLLOWED_ROUTES.filter(({ controller }) => files.some(({ path }) => path === controller)).map((route) => ({
    ...route,
    files: [route.controller, ...graph.reachableFrom(route.controller)].map((path) => ({
      path,
      line: 1,
      found: route.route,
    })),
  }));

class MeasuredFile {
  readonly parsed: ParsedFile;
  readonly lines: string[];

  constructor(private readonly file: SourceFile) {
    this.parsed = parseSource(file.path, file.text);
    this.lines = file.text.replace(/\n$/, '').split('\n');
  }

  longLines(): Place[] {
    return this.lines.flatMap((line, index) =>
      line.length > LONGEST_LINE ? [{ path: this.file.path, line: index + 1, found: `${line.length} columns` }] : [],
    );
  }

  commentWords(): number {
    return this.parsed.comments.reduce((total, { text }) => total + wordsOf(prose(text)).length, 0);
  }

  speechVerbs(): Place[] {
    return this.parsed.comments.flatMap(({ text, start }) =>
      [...prose(text).matchAll(SPEECH_VERBS)].map(({ 0: verb, index }) => this.place(start + index, verb)),
    );
  }

  docComments(): Comment[] {
    return this.parsed.comments.filter(({ text }) => text.startsWith('/**'));
  }

  pronounComments(): Place[] {
    return this.docComments().flatMap(({ text, start }) => {
      const first = /^\/\*\*[\s*]*([A-Za-z]+)(?![-\w])/.exec(text)?.[1];
      return first && PRONOUNS.has(first.toLowerCase()) ? [this.place(start, first)] : [];
    });
  }

  privateSynonyms(): Place[] {
    const { path } = this.file;
    const names = this.parsed.identifiers
      .filter(({ name }) => PRIVATE_SYNONYMS.has(name) || (name === 'settle' && !SETTLEMENT.test(path)))
      .map(({ name, start }) => this.place(start, name));
    return PRIVATE_FILE_NAMES.has(baseName(path)) ? [{ path, line: 1, found: baseName(path) }, ...names] : names;
  }

  untyped(): Place[] {
    const { path } = this.file;
    return UNTYPED.test(path) && !PLAIN_JAVASCRIPT.test(path) ? [{ path, line: 1, found: 'not TypeScript' }] : [];
  }

  unchecked(): Place[] {
    const directive = this.parsed.comments.find(({ text }) => /^\/\/\s*@ts-nocheck/.test(text));
    return directive ? [this.place(directive.start, '@ts-nocheck')] : [];
  }

  imports(): FileImport[] {
    return this.parsed.imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, start }) => {
        const { path, line } = this.place(start, specifier);
        return { path, line, target: sourceOf(posix.join(posix.dirname(path), specifier)) };
      });
  }

  localStackLines(): number {
    return LOCAL_STACK.test(this.file.path) && !SPEC.test(this.file.path) ? this.lines.length : 0;
  }

  private place(offset: number, found: string): Place {
    return { path: this.file.path, line: this.file.text.slice(0, offset).split('\n').length, found };
  }
}

/** An import names the compiled file. */
const sourceOf = (path: string): string => path.replace(/\.js$/, '.ts').replace(/\.mjs$/, '.mts');

const baseName = (path: string): string => path.replace(/^.*\//, '').replace(/(?:\.spec)?\.\w+$/, '');
const kebabCase = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
const PRIVATE_FILE_NAMES = new Set([...PRIVATE_SYNONYMS].map(kebabCase));

const wordsOf = (text: string): string[] => text.match(/\p{L}[\p{L}\p{N}]*(?:['’]\p{L}+)?/gu) ?? [];

/** The words of a comment. Code in backticks, types, tags, addresses and directives become blanks, so that offsets stay. */
const prose = (comment: string): string =>
  comment.replaceAll(
    /`[^`]*`|(?<=@\w+\s+)\{(?:[^{}]|\{[^{}]*\})*\}|@[\w/-]+|https?:\/\/\S+|eslint-disable\S*.*/g,
    (code) => code.replaceAll(/[^\n]/g, ' '),
  );
