// What a program sees of `--import prefactor-autobatch/register`: prints it as JSON.
const { fetch } = globalThis;
const isNative = Function.prototype.toString.call(fetch).includes('undici');
const [url, token = process.env['PREFACTOR_API_TOKEN']] = process.argv.slice(2);
let status: number | undefined;
if (url !== undefined) {
  const response = await fetch(`${url}/api/v1/agent_instance/register`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-prefactor-sdk': 'test@1.0.0',
    },
    body: '{}',
  });
  status = response.status;
}
process.stdout.write(JSON.stringify({ isNative, status }));

export {};
