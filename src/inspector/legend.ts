/** What can become of an item in a request: one list for the page, the pictures of the documents, and their words. */
export interface LegendEntry {
  /** Stands for it in the runs of a lane. */
  readonly letter: string;
  /** The one word for it. */
  readonly word: string;
  readonly meaning: string;
  /** So that it is not told by its colour alone. */
  readonly sign: string;
  /** Of its square, on a light and on a dark ground. */
  readonly light: string;
  readonly dark: string;
  /** A square that is drawn as a dashed outline has not been done. */
  readonly isOutline?: true;
}

type LegendName = 'succeeded' | 'failed' | 'skipped' | 'again' | 'dropped' | 'unsettled';

export const legend: Readonly<Record<LegendName, LegendEntry>> = {
  succeeded: {
    letter: 's',
    word: 'succeeded',
    meaning: 'done, with a result of its own',
    sign: '',
    light: '#2da44e',
    dark: '#3fb950',
  },
  failed: {
    letter: 'f',
    word: 'failed',
    meaning: 'rejected, with an error of its own',
    sign: '×',
    light: '#cf222e',
    dark: '#f85149',
  },
  skipped: {
    letter: 'k',
    word: 'skipped',
    meaning: 'not reached after a failure, and re-queued',
    sign: '',
    light: '#2da44e',
    dark: '#3fb950',
    isOutline: true,
  },
  again: {
    letter: 'a',
    word: 'sent again',
    meaning: 'goes back for another attempt',
    sign: '↻',
    light: '#9a6700',
    dark: '#d29922',
  },
  dropped: {
    letter: 'd',
    word: 'dropped',
    meaning: 'never sent, since what it needs has failed',
    sign: '/',
    light: '#8250df',
    dark: '#a371f7',
  },
  unsettled: {
    letter: 'u',
    word: 'unsettled',
    meaning: 'in a request without an answer yet',
    sign: '',
    light: '#8c959f',
    dark: '#6e7681',
  },
};
