import type { FiguresData } from './page-data.ts';
import type { Recording } from './recording.ts';

/** What an inspector looks at. */
export interface Source {
  readonly view: 'client' | 'server';
  /** Has what happens recorded from now on; returns what ends it. */
  watch(recording: Recording): () => void;
  figures(): FiguresData;
}
