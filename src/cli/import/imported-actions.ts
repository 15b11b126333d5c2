import type { ActionFile } from '../../recordings/actions/action-file.ts';
import { ActionFileError, messageOf } from '../../recordings/actions/action-file.ts';
import type { NumberedLine } from '../../recordings/actions/action-line.ts';
import { parseLine } from '../../recordings/actions/action-line.ts';
import type { JsonObject } from '../../recordings/actions/json.ts';
import { isJsonObject } from '../../recordings/actions/json.ts';
import type { ActionSource } from '../sending/sending.ts';
import type { Format, ReadRecord } from './formats/format.ts';
import type { JsonRecord } from './json-records.ts';
import { parseRecord, RecordFile } from './record-file.ts';
import { redactor } from './redactor.ts';
import { runActions, runFinish, spanAction } from './span-actions.ts';
import type { Found, IndexedSpan, IndexedTrace, PlacedSpan, RecordPlace } from './span-index.ts';
import { bytesOf, endOf, SpanIndex } from './span-index.ts';

export interface ImportOptions {
  readonly format: Format;
  /** Follows the ids of traces in the names of their runs. @default nothing */
  readonly again?: string | undefined;
  /** Paths of what is sent as `[redacted]`. @default none */
  readonly redact?: readonly string[] | undefined;
  readonly maxSpans?: number | undefined;
}

/** Of the records around spans that were read lately. */
const MAX_LATELY_BYTES = 8_000_000;

/**
 * The traces of a file as actions. It is read twice: spans mostly come before their parents, which end later. The first time
 * only ids, times and places are kept; then each span is read from its place when it is its turn.
 */
export class ImportedActions implements ActionSource {
  readonly #file: RecordFile;
  readonly #source: ActionFile;
  readonly #options: ImportOptions;
  readonly #index: SpanIndex;
  readonly #redact: (value: unknown) => unknown;
  /** What is around spans, by the number of its record: many spans in a row are in the same. */
  readonly #lately = new Map<number, JsonObject>();
  #latelyBytes = 0;
  #spanBytes: number | undefined;

  constructor(source: ActionFile, options: ImportOptions) {
    this.#source = source;
    this.#file = new RecordFile(source);
    this.#options = options;
    this.#index = new SpanIndex(options.maxSpans);
    this.#redact = redactor(options.redact ?? []);
  }

  get found(): Found {
    return this.#index.found;
  }

  get bytesRead(): number {
    return this.#source.bytesRead + this.#file.bytesReadAgain;
  }

  get size(): number | undefined {
    const { size } = this.#source.origin;
    return size === undefined ? undefined : size + (this.#spanBytes ?? size);
  }

  async *lines(): AsyncGenerator<NumberedLine> {
    const { format } = this.#options;
    let firstOther: JsonObject | undefined;
    for await (const record of this.#file.records(format.kinds)) {
      const problem = record.kind === undefined ? record.problem : this.#add(record);
      if (typeof problem === 'string') yield problemLine(record, problem);
      else if (typeof problem === 'object') firstOther ??= problem;
    }
    this.#throwIfNothing(firstOther);
    this.#spanBytes = this.#index.bytes;
    for (const trace of this.#index.traces()) yield* this.#linesOf(trace);
  }

  close(): void {
    this.#file.close();
  }

  /** Gives the problem of a record, or a record that is of no interest. */
  #add({ text, ...record }: JsonRecord): string | JsonObject | undefined {
    const { format } = this.#options;
    let fields: unknown;
    try {
      fields = parseRecord(text);
    } catch (error) {
      return error instanceof SyntaxError ? 'This is no JSON.' : messageOf(error);
    }
    if (!isJsonObject(fields)) return undefined;
    let read: ReadRecord | undefined;
    try {
      read = format.read(fields, record.kind);
    } catch (error) {
      return `It cannot be read: ${messageOf(error)}.`;
    }
    switch (read?.kind) {
      case 'problem':
        return read.problem;
      case 'around':
        this.#index.addAround(record.number, record);
        return undefined;
      case 'span':
        this.#index.addSpan(read.traceId, indexed(record, read.head));
        return undefined;
      case 'trace':
        this.#index.addTrace(read.traceId, indexed(record, read.head));
        return undefined;
      default:
        if (isEnvelope(fields, format, record.kind)) return undefined;
        this.found.otherRecords++;
        return fields;
    }
  }

  *#linesOf(trace: IndexedTrace): Generator<NumberedLine> {
    let firstLine: number | undefined;
    let hasFailed = false;
    for (const placed of this.#index.parentsFirst(trace)) {
      if (this.#file.isClosed) return;
      const { line } = placed.span;
      try {
        const isFirst = firstLine === undefined;
        const { action, agentVersion } = this.#actionOf(trace, placed, isFirst);
        if (isFirst) {
          for (const one of runActions(trace, agentVersion, this.#suffix)) yield lineOf(one, line);
        }
        firstLine ??= line;
        if (action.status === 'failed' && placed.parent === undefined) hasFailed = true;
        yield lineOf(action, line);
      } catch (error) {
        if (error instanceof ActionFileError) throw error;
        yield problemLine(placed.span, messageOf(error), {
          instance: trace.id,
          span: placed.span.id,
        });
      }
    }
    if (endOf(trace) === undefined) this.found.neverEnded.traces++;
    const finish = runFinish(trace, hasFailed);
    if (finish !== undefined && firstLine !== undefined) yield lineOf(finish, firstLine);
  }

  get #suffix(): string {
    const { again } = this.#options;
    return again === undefined ? '' : `-${again}`;
  }

  #actionOf(trace: IndexedTrace, placed: PlacedSpan, isFirst: boolean) {
    const { format } = this.#options;
    const { span } = placed;
    const said = format.describe(this.#fieldsOf(trace, span), this.#outerOf(span.within));
    const own =
      isFirst && trace.own !== undefined && trace.own !== span
        ? this.#fieldsOf(trace, trace.own)
        : undefined;
    const agentVersion =
      own === undefined ? said.agentVersion : format.describe(own, []).agentVersion;
    const how = { format, ofTrace: own, redact: this.#redact };
    return { action: spanAction(trace, placed, said, how), agentVersion };
  }

  #fieldsOf(trace: IndexedTrace, span: IndexedSpan): JsonObject {
    const { fields, read } = this.#readAgain(span);
    const isSame =
      (read?.kind === 'span' || read?.kind === 'trace') &&
      read.traceId === trace.id &&
      headFields.every((name) => read.head[name] === span[name]);
    if (!isSame) throw this.#hasChanged();
    return fields;
  }

  #readAgain(place: RecordPlace): { fields: JsonObject; read: ReadRecord | undefined } {
    try {
      const fields = this.#file.read(place);
      if (isJsonObject(fields)) {
        return { fields, read: this.#options.format.read(fields, place.kind) };
      }
    } catch (error) {
      // Of the system: the file itself cannot be read.
      if (error instanceof Error && 'code' in error) throw error;
    }
    throw this.#hasChanged();
  }

  #hasChanged(): ActionFileError {
    const { path } = this.#source.origin;
    return new ActionFileError(
      `${path} has changed since it was read the first time. Import it again when nothing writes to it: what was sent is not sent twice.`,
    );
  }

  /** What stands around a span, the nearest first. */
  #outerOf(within: number | undefined): readonly JsonObject[] {
    if (within === undefined) return [];
    const place = this.#index.around(within);
    if (place === undefined) return [];
    return [this.#aroundAt(within, place), ...this.#outerOf(place.within)];
  }

  #aroundAt(number: number, place: RecordPlace): JsonObject {
    const known = this.#lately.get(number);
    if (known !== undefined) return known;
    const { read } = this.#readAgain(place);
    if (read?.kind !== 'around') throw this.#hasChanged();
    this.#latelyBytes += bytesOf(place);
    if (this.#latelyBytes > MAX_LATELY_BYTES) {
      this.#lately.clear();
      this.#latelyBytes = bytesOf(place);
    }
    this.#lately.set(number, read.fields);
    return read.fields;
  }

  #throwIfNothing(other: JsonObject | undefined): void {
    if (!this.#index.isEmpty) return;
    const { path } = this.#source.origin;
    const meant = other && otherFormatOf(other);
    const advice = meant === undefined ? '' : ` It looks like one for "import ${meant}".`;
    throw new ActionFileError(`${path} has no span of ${this.#options.format.name}.${advice}`);
  }
}

const headFields = ['id', 'parentId', 'start', 'end'] as const;

function indexed(record: RecordPlace, head: Omit<IndexedSpan, keyof RecordPlace>): IndexedSpan {
  const { kind, within, line, pieces } = record;
  return { ...head, kind, within, line, pieces };
}

function lineOf(action: JsonObject, number: number): NumberedLine {
  const text = JSON.stringify(action);
  return { number, text, ...parseLine(text) };
}

function problemLine(
  { line: number }: { readonly line: number },
  problem: string,
  unmade?: { readonly instance: string; readonly span: string },
): NumberedLine {
  return { number, text: '', kind: 'problem', problem, isJson: true, unmade };
}

/** Whether it only holds records, or says how many there are. */
function isEnvelope(fields: JsonObject, { kinds }: Format, kind: string): boolean {
  const inner = kinds[kind] ?? {};
  return Object.keys(fields).some((name) => Object.hasOwn(inner, name));
}

function otherFormatOf(fields: JsonObject): string | undefined {
  const has = (...names: string[]): boolean => names.some((name) => Object.hasOwn(fields, name));
  if (has('resourceSpans', 'resource_spans', 'spanId', '_spanContext')) return 'otlp';
  if (has('observations', 'parentObservationId', 'traceId')) return 'langfuse';
  return has('run_type', 'dotted_order') ? 'langsmith' : undefined;
}
