export const help = `Sends the actions of a file through the client, and says what became of them.

Usage: prefactor-autobatch send FILE [OPTIONS]

  FILE                  recorded agent runs, one action a line (NDJSON), plain or gzip;
                        - is the standard input

Where to:
  --api-url URL         the API; without it PREFACTOR_API_URL, else the public one. The token is
                        that of PREFACTOR_API_TOKEN. With an account's token, runs are registered
                        for PREFACTOR_AGENT_ID and PREFACTOR_ENVIRONMENT_ID
  --emulate             a local emulator of the API instead: no account, no network
  --rtt MS              its round trip in milliseconds (20)

What of it:
  --ignore FIELD,...    leaves fields out that the API does not have; else a line with one is bad
  --missing-parents root|skip
                        what becomes of a span whose parent is not in the file: a root, or left out
                        with all within it; without it, the line is bad
  --failed FILE         writes the lines that can be sent again to a new file

When, and which:
  --speed N|max         N times as fast as recorded, or as fast as there is room (max). At most
                        10,000 actions are pending, so memory does not grow with the file
  --times recorded|sent the time that each action bears: as recorded (recorded), or when it is sent
  --start TIME          when the recording began; without it, when the file was made
  --again WORD          sends once more what was sent before. Without it, a second time doubles
                        nothing: keys and ids come from the name and the lines of the file

How:
  --window tick|MS      how long calls are gathered: a tick, or milliseconds (tick)
  --max-items N         items in one request (100)
  --concurrency N       requests in flight (16)
  --on-skipped requeue|reject
                        what the server did not reach goes again, or its calls fail (requeue)
  --ids client|server   who makes the ids of spans (client)
  --json                the summary as JSON

The summary goes to standard output, progress and all else to standard error.

Exit codes: 0 every action succeeded, or was sent before, 1 something failed, 2 the command line
is wrong, 130 interrupted: what was sent by then is in the summary.

Examples:
  prefactor-autobatch send runs.ndjson --emulate
  prefactor-autobatch send runs.ndjson.gz --emulate --rtt 100 --speed 10
  my-agent --record - | prefactor-autobatch send - --json
`;
