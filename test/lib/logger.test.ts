import { afterEach, expect, test, vi } from 'vitest';
import {
  consoleLogger,
  debuggingLogger,
  ignoresDebug,
  safeLogger,
  silentLogger,
} from '../../src/lib/logger.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

afterEach(() => vi.restoreAllMocks());

const levels = ['debug', 'info', 'warn', 'error'] as const;

test('the default logger writes warnings and errors to the console, and nothing else', () => {
  const written: unknown[][] = [];
  for (const level of levels) {
    vi.spyOn(console, level).mockImplementation((...entry) => void written.push([level, ...entry]));
  }
  const detail = new Error('spilt');
  for (const level of levels) {
    consoleLogger[level](level, detail);
    silentLogger[level](level, detail);
  }
  consoleLogger.warn('alone');
  expect(written).toEqual([
    ['warn', '[prefactor-autobatch] warn', detail],
    ['error', '[prefactor-autobatch] error', detail],
    ['warn', '[prefactor-autobatch] alone'],
  ]);
});

test('the one for those who debug writes all, and nothing of it to standard output', () => {
  const written: unknown[][] = [];
  for (const level of [...levels, 'log'] as const) {
    vi.spyOn(console, level).mockImplementation((...entry) => void written.push([level, ...entry]));
  }
  for (const level of levels) debuggingLogger[level](`a ${level}`);
  expect(written).toEqual([
    ['warn', '[prefactor-autobatch] a debug'],
    ['warn', '[prefactor-autobatch] a info'],
    ['warn', '[prefactor-autobatch] a warn'],
    ['error', '[prefactor-autobatch] a error'],
  ]);
});

test('a safe logger passes everything on, as a method call', () => {
  const logger = recordingLogger();
  const safe = safeLogger(logger);
  for (const level of levels) {
    safe[level]('tea', 7);
  }
  expect(logger.entries).toEqual(levels.map((level) => [level, 'tea', 7]));
});

test('a safe logger never throws', () => {
  const spill = () => {
    throw new Error('spilt');
  };
  const safe = safeLogger({ debug: spill, info: spill, warn: spill, error: spill });
  for (const level of levels) {
    expect(() => safe[level]('tea')).not.toThrow();
  }
});

test('a logger whose debug goes nowhere is known, though it is safe', () => {
  expect([consoleLogger, silentLogger].map((logger) => ignoresDebug(safeLogger(logger)))).toEqual([
    true,
    true,
  ]);
  expect([debuggingLogger, recordingLogger()].map((one) => ignoresDebug(safeLogger(one)))).toEqual([
    false,
    false,
  ]);
});
