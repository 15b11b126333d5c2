/** When recordings are said to begin: the same for all, so that two replays can be compared. */
export const START: number = Date.UTC(2026, 8, 1, 8);
