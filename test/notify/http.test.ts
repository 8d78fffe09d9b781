import { RefusedError, TransientError, type RunError } from '../../lambda/runtime/errors';
import { post, type PostOptions } from '../../lambda/runtime/notify/http';
import { cut, hang, Service, status } from './service';

const PATH = '/services/T0/B0/a-secret-part';
const AT_ONCE = { pausesMilliseconds: [0, 0] };
const NEVER = { pausesMilliseconds: [3_600_000, 3_600_000] };

let service: Service;
let secure: Service;
const before = process.env.AWS_ENDPOINT_URL;

beforeAll(async () => {
  [service, secure] = await Promise.all([Service.start(), Service.start({ tls: true })]);
  process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
});
afterAll(async () => {
  process.env.AWS_ENDPOINT_URL = before;
  if (before === undefined) delete process.env.AWS_ENDPOINT_URL;
  await Promise.all([service.close(), secure.close()]);
});

const send = (options: Partial<PostOptions> = {}, url = `${service.url}${PATH}`): Promise<RunError | undefined> =>
  post({ url, body: { text: 'é' }, headers: { authorization: 'GenieKey a-secret-part' } }, { channel: 'slack', signal: new AbortController().signal, ...AT_ONCE, ...options })
    .then(() => undefined, (error: RunError) => error);

describe('a message by HTTPS', () => {
  test('goes once, as JSON', async () => {
    service.reset(status(204));
    expect(await send()).toBeUndefined();
    expect(service.received).toEqual([{ path: PATH, body: { text: 'é' }, headers: expect.objectContaining({ 'content-type': 'application/json; charset=utf-8', 'authorization': 'GenieKey a-secret-part' }) }]);
  });

  test.each([['429', status(429)], ['500', status(500)], ['503', status(503)], ['no answer', cut]])('is tried again after %s', async (_, answer) => {
    service.reset(answer, answer, status(200));
    expect(await send()).toBeUndefined();
    expect(service.received).toHaveLength(3);
  });

  test('waits as long as the service asks for, in seconds or until a date, and not its own pause', async () => {
    service.reset(status(429, { 'retry-after': '0' }), status(429, { 'retry-after': 'Fri, 20 Nov 2020 02:00:00 GMT' }), status(200));
    expect(await send(NEVER)).toBeUndefined();
    expect(service.received).toHaveLength(3);
  });

  test.each([['429', status(429), /HTTP 429/], ['500', status(500), /HTTP 500/], ['nothing', hang, /no answer within 0.05 s/]])('is given up after three tries that got %s', async (_, answer, said) => {
    service.reset(answer);
    const error = await send({ tryMilliseconds: 50 });
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ code: 'CHANNEL_UNREACHABLE', message: expect.stringMatching(said) });
    expect(service.received).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 410])('is not tried again after %d', async (code) => {
    service.reset(status(code));
    const error = await send();
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ code: 'CHANNEL_REFUSED', message: expect.stringContaining(`HTTP ${code}`) });
    expect(service.received).toHaveLength(1);
  });

  test('does not follow a redirect', async () => {
    const other = await Service.start();
    service.reset(status(307, { location: `${other.url}/elsewhere` }));
    expect(await send()).toMatchObject({ code: 'CHANNEL_REFUSED', message: expect.stringContaining('redirect') });
    expect(other.received).toHaveLength(0);
    await other.close();
  });

  test('does not go to a server whose certificate nobody signed', async () => {
    const error = await send({}, `${secure.url}${PATH}`);
    expect(error).toMatchObject({ code: 'CHANNEL_UNREACHABLE', message: expect.stringMatching(/SELF_SIGNED/) });
    expect(secure.received).toHaveLength(0);
  });

  test('ends with the worker\'s time', async () => {
    service.reset(hang);
    const over = new AbortController();
    const sent = send({ ...NEVER, signal: over.signal, tryMilliseconds: 3_600_000 });
    await new Promise<void>((resolve) => {
      const look = setInterval(() => service.received.length > 0 && (clearInterval(look), resolve()), 5);
    });
    over.abort();
    expect(await sent).toMatchObject({ code: 'CHANNEL_UNREACHABLE', message: expect.stringContaining('out of time') });
    expect(service.received).toHaveLength(1);
  });

  test.each([['http://hooks.example.org/a-secret-part'], ['ftp://example.org/a-secret-part'], ['a-secret-part'], ['']])('has an address that is https: %j is refused', async (url) => {
    expect(await send({}, url)).toMatchObject({ code: 'CHANNEL_ADDRESS' });
  });

  test('goes to this machine only where all of AWS is on it too', async () => {
    service.reset(status(200));
    process.env.AWS_ENDPOINT_URL = 'https://sns.eu-west-3.amazonaws.com';
    expect(await send()).toMatchObject({ code: 'CHANNEL_ADDRESS' });
    delete process.env.AWS_ENDPOINT_URL;
    expect(await send()).toMatchObject({ code: 'CHANNEL_ADDRESS' });
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    expect(service.received).toHaveLength(0);
  });

  test('leaves neither address nor key in an error', async () => {
    const errors = [];
    for (const answer of [status(404), status(500), cut]) {
      service.reset(answer);
      errors.push(await send());
    }
    errors.push(await send({}, 'http://hooks.example.org/a-secret-part'), await send({}, 'a-secret-part'), await send({}, `${secure.url}${PATH}`));
    for (const error of errors) {
      const said = [error?.message, error?.stack, JSON.stringify(error), String(error?.cause ?? '')].join();
      expect(said).not.toContain('secret-part');
      expect(said).not.toContain('a word of the service');
    }
  });
});
