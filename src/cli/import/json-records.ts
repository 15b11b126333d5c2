/** By kind of record: the fields that hold further records, and of which kind those are. */
export type RecordKinds = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An object that was cut out of a JSON text. */
export interface JsonRecord {
  readonly kind: string;
  /** Of all records, in the order in which they begin; and the one that it is in. */
  readonly number: number;
  readonly within: number | undefined;
  /** In which it begins, from 1. */
  readonly line: number;
  /** As JSON; fields that hold further records are null there. */
  readonly text: Buffer;
  /** Where that text stands: an offset and a length in turn, with a null between each two pieces. */
  readonly pieces: readonly number[];
}

export interface RecordProblem {
  readonly kind: undefined;
  readonly line: number;
  readonly problem: string;
}

export interface RecordScannerOptions {
  readonly kinds: RecordKinds;
  /** The kind of objects at the top, or in lists there. */
  readonly top: string;
  /** Of one record, without the records in it. */
  readonly maxBytes: number;
}

/** A record that has not ended. */
interface OpenRecord extends Omit<JsonRecord, 'text'> {
  readonly parts: Buffer[];
  readonly pieces: number[];
  bytes: number;
}

/** A record, or a list of records of that kind. */
interface Frame {
  readonly kind: string;
  readonly record: OpenRecord | undefined;
}

type Mode = 'value' | 'key' | 'key text' | 'colon' | 'after' | 'scalar' | 'skip' | 'lost';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LIST = 0x5b;
const LIST_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf]);
const NULL = Buffer.from('null');
/** No field with records has a longer name. */
const MAX_KEY_BYTES = 64;

/**
 * Cuts records out of JSON, chunk by chunk: one text, a list, one text a line, or any number of texts one after the other.
 * A record is given when it ends, so after those in it. What is in a record is not looked at; whoever parses it finds out.
 */
export class RecordScanner {
  readonly #options: RecordScannerOptions;
  #frames: Frame[] = [];
  #mode: Mode = 'value';
  /** The record whose text is read, and from where in this chunk. */
  #capture: OpenRecord | undefined;
  #from = 0;
  #key = '';
  /** In a value that is skipped: containers that are open; whether this is a text, and after a backslash. */
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  /** Bytes before this chunk, and the records so far. */
  #offset = 0;
  #number = 0;
  /** The line of the place up to which line breaks were counted, and that in which the value at the top begins. */
  #line = 1;
  #counted = 0;
  #topLine = 1;
  /** Whether the last value at the top ended in the line in which it began. */
  #isTopWhole = false;
  /** Whether each line is a text of its own, so that one that does not end is given up where the next begins. */
  #isByLines = false;
  /** Whether a line has just ended within such a text. */
  #isBroken = false;
  #isLostForGood = false;
  #found: (JsonRecord | RecordProblem)[] = [];

  constructor(options: RecordScannerOptions) {
    this.#options = options;
  }

  /** What ends in this chunk. */
  scan(chunk: Buffer): readonly (JsonRecord | RecordProblem)[] {
    this.#found = [];
    this.#counted = 0;
    this.#from = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#isBroken && chunk[at] === OBJECT) {
        this.#found.push(noLine(this.#topLine));
        this.#toTop();
      }
      this.#isBroken = false;
      at = this.#mode === 'skip' ? this.#skip(chunk, at) : this.#step(chunk, at);
    }
    if (this.#capture) keep(this.#capture, chunk.subarray(this.#from), this.#options.maxBytes);
    this.#lineAt(chunk, chunk.length);
    this.#offset += chunk.length;
    return this.#found;
  }

  /** Where the text ends too early: why. */
  end(): RecordProblem | undefined {
    if (this.#frames.length === 0 || this.#mode === 'lost') return undefined;
    const where = `The file ends in the middle of what begins in line ${this.#topLine}`;
    return { kind: undefined, line: this.#line, problem: this.#withAdvice(where, this.#line) };
  }

  /** The byte after what was read. */
  #step(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0;
    if (byte === NEWLINE && this.#endLine()) return at + 1;
    switch (this.#mode) {
      case 'lost':
        return this.#isLostForGood ? chunk.length : lineEnd(chunk, at);
      case 'key text':
        return this.#keyText(chunk, at, byte);
      case 'scalar':
        if (byte > 0x20 && byte !== COMMA && byte !== LIST_END && byte !== OBJECT_END)
          return at + 1;
        this.#mode = 'after';
        return at;
      default:
        if (byte > 0x20) this.#structure(chunk, at, byte);
        return at + 1;
    }
  }

  /** Whether nothing can go on in the next line. */
  #endLine(): boolean {
    if (this.#isLostForGood) return false;
    if (this.#frames.length === 0) this.#isByLines ||= this.#isTopWhole;
    else if (this.#mode !== 'lost') {
      this.#isBroken = this.#isByLines;
      return false;
    }
    this.#toTop();
    return true;
  }

  #structure(chunk: Buffer, at: number, byte: number): void {
    const frame = this.#frames.at(-1);
    const isEnd = frame && byte === (frame.record ? OBJECT_END : LIST_END);
    if (this.#mode === 'value') {
      if (isEnd && !frame.record) this.#close(chunk, at);
      else this.#value(chunk, at, byte, frame);
    } else if (this.#mode === 'key' && byte === QUOTE) {
      this.#key = '';
      this.#isEscaped = false;
      this.#mode = 'key text';
    } else if (this.#mode === 'colon' && byte === COLON) this.#mode = 'value';
    else if (this.#mode !== 'colon' && isEnd) this.#close(chunk, at);
    else if (this.#mode === 'after' && byte === COMMA) this.#mode = frame?.record ? 'key' : 'value';
    else this.#fail(chunk, at);
  }

  /** The beginning of a value. */
  #value(chunk: Buffer, at: number, byte: number, frame: Frame | undefined): void {
    const isContainer = byte === OBJECT || byte === LIST;
    if (frame === undefined) {
      if (BYTE_ORDER_MARK.has(byte) && this.#offset + at < BYTE_ORDER_MARK.size) return;
      this.#topLine = this.#lineAt(chunk, at);
      this.#isTopWhole = false;
    }
    const kind = isContainer ? this.#kindIn(frame) : undefined;
    if (kind === undefined && frame === undefined) this.#fail(chunk, at);
    else if (kind === undefined) this.#skipFrom(chunk, at, byte);
    else {
      if (frame?.record) this.#suspend(chunk, at, frame.record);
      if (byte === OBJECT) this.#open(chunk, at, kind);
      else this.#frames.push({ kind, record: undefined });
      this.#mode = byte === OBJECT ? 'key' : 'value';
    }
  }

  /** Of records there; undefined: it may have none. */
  #kindIn(frame: Frame | undefined): string | undefined {
    const { kinds, top } = this.#options;
    if (!frame?.record) return frame?.kind ?? top;
    const fields = kinds[frame.kind] ?? {};
    return Object.hasOwn(fields, this.#key) ? fields[this.#key] : undefined;
  }

  #open(chunk: Buffer, at: number, kind: string): void {
    const within = this.#frames.findLast(({ record }) => record)?.record?.number;
    const line = this.#lineAt(chunk, at);
    const number = this.#number++;
    const record = { kind, number, within, line, parts: [], pieces: [], bytes: 0 };
    this.#frames.push({ kind, record });
    this.#resume(at, record);
  }

  #close(chunk: Buffer, at: number): void {
    const record = this.#frames.pop()?.record;
    if (record) {
      this.#pause(chunk, at + 1, record);
      const { parts, bytes, ...cut } = record;
      const problem = `A record is longer than ${this.#options.maxBytes.toLocaleString('en')} bytes.`;
      this.#found.push(
        bytes > this.#options.maxBytes
          ? { kind: undefined, line: cut.line, problem }
          : { ...cut, text: Buffer.concat(parts) },
      );
    }
    const outer = this.#frames.at(-1);
    if (outer?.record) this.#resume(at + 1, outer.record);
    this.#mode = 'after';
    if (outer !== undefined) return;
    this.#isTopWhole = this.#lineAt(chunk, at) === this.#topLine;
    this.#toTop();
  }

  /** The text of a record goes on after further records. */
  #resume(at: number, record: OpenRecord): void {
    this.#capture = record;
    this.#from = at;
    record.pieces.push(this.#offset + at);
  }

  #pause(chunk: Buffer, at: number, record: OpenRecord): void {
    keep(record, chunk.subarray(this.#from, at), this.#options.maxBytes);
    record.pieces.push(this.#offset + at - (record.pieces.at(-1) ?? 0));
    this.#capture = undefined;
  }

  #suspend(chunk: Buffer, at: number, record: OpenRecord): void {
    this.#pause(chunk, at, record);
    keep(record, NULL, this.#options.maxBytes);
  }

  #keyText(chunk: Buffer, at: number, byte: number): number {
    if (byte === QUOTE && !this.#isEscaped) this.#mode = 'colon';
    else if (byte === NEWLINE) this.#fail(chunk, at);
    else if (this.#key.length < MAX_KEY_BYTES) this.#key += String.fromCharCode(byte);
    this.#isEscaped = byte === BACKSLASH && !this.#isEscaped;
    return at + 1;
  }

  #skipFrom(chunk: Buffer, at: number, byte: number): void {
    if ([COMMA, COLON, LIST_END, OBJECT_END].includes(byte)) {
      this.#fail(chunk, at);
      return;
    }
    this.#isText = byte === QUOTE;
    this.#isEscaped = false;
    this.#depth = byte === OBJECT || byte === LIST ? 1 : 0;
    this.#mode = this.#isText || this.#depth > 0 ? 'skip' : 'scalar';
  }

  /** Most bytes of a file are read here. */
  #skip(chunk: Buffer, from: number): number {
    let [depth, isText, isEscaped] = [this.#depth, this.#isText, this.#isEscaped];
    let at = from;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isText = false;
        else if (byte === NEWLINE) break;
      } else if (byte === QUOTE) isText = true;
      else if (byte === OBJECT || byte === LIST) depth++;
      else if (byte === OBJECT_END || byte === LIST_END) depth--;
      else if (byte === NEWLINE && this.#isByLines) {
        this.#isBroken = true;
        break;
      }
      if (depth === 0 && !isText) break;
    }
    [this.#depth, this.#isText, this.#isEscaped] = [depth, isText, isEscaped];
    if (at === chunk.length) return at;
    if (this.#isBroken) return at + 1;
    if (chunk[at] !== NEWLINE) {
      this.#mode = 'after';
      return at + 1;
    }
    // JSON has no line breaks in texts.
    this.#fail(chunk, at);
    return at;
  }

  /** No JSON: to the next line, if what is wrong can have begun in this one. */
  #fail(chunk: Buffer, at: number): void {
    const line = this.#lineAt(chunk, at);
    const isOneLine = line === this.#topLine;
    const problem = this.#withAdvice('From here on it is no JSON', line);
    this.#found.push(isOneLine ? noLine(line) : { kind: undefined, line, problem });
    this.#capture = undefined;
    this.#mode = 'lost';
    this.#isLostForGood = !isOneLine;
  }

  /** Until a line has been a text of its own, a line that is cut cannot be told from a text of several lines. */
  #withAdvice(problem: string, line: number): string {
    const advice = `; if each line is a text of its own, line ${this.#topLine} is cut: take it out`;
    return `${problem}${line === this.#topLine || this.#isByLines ? '' : advice}.`;
  }

  #toTop(): void {
    this.#frames = [];
    this.#capture = undefined;
    this.#mode = 'value';
  }

  #lineAt(chunk: Buffer, at: number): number {
    for (
      let next = chunk.indexOf(NEWLINE, this.#counted);
      next >= 0 && next < at;
      next = chunk.indexOf(NEWLINE, this.#counted)
    ) {
      this.#line++;
      this.#counted = next + 1;
    }
    return this.#line;
  }
}

function noLine(line: number): RecordProblem {
  return { kind: undefined, line, problem: 'This is no line of JSON.' };
}

function lineEnd(chunk: Buffer, at: number): number {
  const next = chunk.indexOf(NEWLINE, at);
  return next < 0 ? chunk.length : next;
}

/** A copy, since whoever reads a file may use the same chunk again; none of what is too long. */
function keep(record: OpenRecord, part: Buffer, maxBytes: number): void {
  record.bytes += part.length;
  if (record.bytes > maxBytes) record.parts.length = 0;
  else record.parts.push(Buffer.from(part));
}
