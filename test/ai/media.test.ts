// Speech, transcripts and images, whose models the SDK tells of by their functions only.
import { generateImage, generateSpeech, transcribe } from 'ai';
import { MockImageModelV4, MockSpeechModelV4, MockTranscriptionModelV4 } from 'ai/test';
import { expect, test } from 'vitest';
import { spansOf, treesOf } from '../trace/trees.ts';
import { setUp } from './set-up.ts';

const response = { timestamp: new Date(0), modelId: 'small-1' };
const bytes = new Uint8Array(5_000);
/** As a whole, in whatever way bytes may be written. */
const MOST_CHARACTERS = 4_000;

test('speech is an operation, whose output says how long it is, without its bytes', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = new MockSpeechModelV4({
    modelId: 'speech-1',
    doGenerate: async () => ({ audio: bytes, warnings: [], response }),
  });
  expect(await outcome(generateSpeech({ model, text: 'Sunny.', telemetry }))).toHaveProperty(
    'audio',
  );
  expect(spansOf(t.emulator)).toMatchObject([
    {
      schema_name: 'agent:chain',
      status: 'complete',
      payload: {
        name: 'generateSpeech',
        inputs: { input: 'Sunny.' },
        metadata: { model: 'speech-1' },
      },
      result_payload: { byteLength: 5_000, mediaType: 'audio/mp3' },
    },
  ]);
  expect(JSON.stringify(spansOf(t.emulator)).length).toBeLessThan(MOST_CHARACTERS);
});

test('a transcript is the output of its operation, and the audio is not recorded', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = new MockTranscriptionModelV4({
    modelId: 'ears-1',
    doGenerate: async () => ({
      text: 'Sunny.',
      segments: [],
      language: 'en',
      durationInSeconds: 1,
      warnings: [],
      response,
    }),
  });
  const result = await outcome(transcribe({ model: asModel(model), audio: bytes, telemetry }));
  expect(result).toMatchObject({ text: 'Sunny.' });
  expect(spansOf(t.emulator)).toMatchObject([
    {
      schema_name: 'agent:chain',
      status: 'complete',
      payload: { name: 'transcribe', inputs: { byteLength: 5_000 } },
      result_payload: { text: 'Sunny.', language: 'en', durationInSeconds: 1 },
    },
  ]);
  expect(JSON.stringify(spansOf(t.emulator)).length).toBeLessThan(MOST_CHARACTERS);
});

test.each([
  ['generateSpeech', new MockSpeechModelV4({ doGenerate: fail }), generateSpeech],
  ['transcribe', new MockTranscriptionModelV4({ doGenerate: fail }), transcribe],
] as const)('a model that fails fails %s', async (name, model, call) => {
  const { t, telemetry, outcome } = await setUp();
  const options = { model, text: 'Sunny.', audio: bytes, maxRetries: 0, telemetry };
  expect(await outcome<unknown>(call(options as never))).toEqual(new RangeError('no model'));
  const failed = { status: 'failed' };
  expect(treesOf(t.emulator)).toEqual([{ ...failed, spans: [{ name, ...failed }] }]);
  expect(spansOf(t.emulator)).toMatchObject([{ result_payload: { error_type: 'RangeError' } }]);
});

/** A mock of the SDK's own, whose type says of an optional method that it may be undefined. */
function asModel(mock: object): never {
  return mock as never;
}

async function fail(): Promise<never> {
  throw new RangeError('no model');
}

test('the SDK tells nothing of images', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = new MockImageModelV4({
    doGenerate: async () => ({
      images: [bytes],
      warnings: [],
      response: { ...response, headers: undefined },
    }),
  });
  const options = { model: asModel(model), prompt: 'The sun', telemetry };
  expect(await outcome(generateImage(options))).toHaveProperty('image');
  expect(treesOf(t.emulator)).toEqual([]);
});
