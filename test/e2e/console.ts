import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser } from '../support/browser.ts';
import { startCli } from '../support/cli-process.ts';
import type { Handler } from '../support/origin.ts';
import { sendResource } from '../support/origin-resource.ts';
import { withServer } from '../support/with-server.ts';
import { startOf } from './faults.ts';
import { clientOf, PREFIX } from './pipeline.ts';
import { cloud, MIB, origin, pipeline } from './suite.ts';

// `piecework console --api URL` in real Chromium: each caller looks with rights of their own.

const SIZE = 40 * MIB;
const NAME = 'seen.iso';
/** Functions are started one by one on a machine that has other things to do. */
const PATIENCE = { timeout: 120_000 };

await withServer('Chromium', findBrowser, (start) => {
  describe.runIf((process.env['STAND_IN'] ?? 'ministack') === 'ministack')('the console', { concurrent: true }, () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await start();
    });
    afterAll(async () => await browser?.close());

    test('a caller starts, sees piece by piece and cancels; one who may only look reads so, and so does one who may nothing', async () => {
      const { handler, letGo } = heldAfter(10 * MIB);
      const url = origin.serve(`/${NAME}`, handler);
      try {
        await using caller = await openConsole(browser, await userWith('page-caller', '*'));
        const { page } = caller;
        await page.goto(`${caller.base}/#/new`);
        await page.getByLabel('Links, one on each line').fill(url);
        await page.getByLabel('Where to').fill(`s3://${pipeline.buckets.target}/${PREFIX}`);
        await page.getByRole('button', { name: 'Start', exact: true }).click();
        await page.getByRole('heading', { name: /^[1-9]\d* of \d+ pieces done/ }).waitFor(PATIENCE);
        await page.getByText('The map as text').click();
        await page
          .getByText(/^[1-9]\d* in flight$/)
          .first()
          .waitFor(PATIENCE);
        const id = page.url().split('/').at(-1) ?? '';
        expect(await pipeline.record(id)).toMatchObject({ owner: expect.stringMatching(/:user\/page-caller$/) });

        await using reader = await openConsole(browser, await userWith('page-reader', 'GET/*'));
        await reader.page.getByText(NAME).first().click(PATIENCE);
        await cancel(reader.page);
        await reader.page
          .getByText(/refuses the caller \(403\): .*user\/page-reader is not authorized/)
          .waitFor(PATIENCE);
        await using stranger = await openConsole(browser, await userWith('page-stranger'));
        await stranger.page.getByText(/You may not look here.*user\/page-stranger/).waitFor(PATIENCE);
        expect((await pipeline.status(id))['status']).toBe('transferring');

        await cancelForGood(page);
        await pipeline.until(id, 'cancelled');
        expect(caller.errors).toEqual([]);
      } finally {
        letGo();
      }
    });
  });
});

async function cancel(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Cancel …' }).click(PATIENCE);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the transfer' }).click();
}

/** As people do: once more where the stand-in had no answer in time. What the page says then is in the error. */
async function cancelForGood(page: Page): Promise<void> {
  const end = page.getByText('Cancelled', { exact: true }).first();
  for (let tries = 1; ; tries += 1) {
    await cancel(page);
    const isSeen = await end.waitFor({ timeout: 40_000 }).then(
      () => true,
      () => false,
    );
    if (isSeen) return;
    expect(tries, (await page.locator('body').textContent()) ?? '').toBeLessThan(3);
  }
}

/** Serves what begins before that offset, and the rest once it is let go. */
function heldAfter(bytes: number): { readonly handler: Handler; letGo(): void } {
  const { promise, resolve: letGo } = Promise.withResolvers<void>();
  return {
    async handler(request, response, logged) {
      if (startOf(request.headers.range ?? '') >= bytes) await promise;
      await sendResource({ size: SIZE, etag: '"held"' }, request, response, logged);
    },
    letGo,
  };
}

/** The credentials of a new user. @param calls which of the API it may make, as `METHOD/path`; absent = none */
async function userWith(UserName: string, calls?: string): Promise<Record<string, string>> {
  const iam = new IAMClient(clientOf(cloud));
  await iam.send(new CreateUserCommand({ UserName }));
  const Resource = `arn:aws:execute-api:${cloud.region}:${cloud.account}:${pipeline.output('ApiId')}/prod/${calls}`;
  const Statement = [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  if (calls !== undefined) await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'api', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '' };
}

interface OpenConsole extends AsyncDisposable {
  readonly page: Page;
  readonly base: string;
  readonly errors: readonly string[];
}

/** The command with these credentials, and its page. */
async function openConsole(browser: Browser, credentials: Readonly<Record<string, string>>): Promise<OpenConsole> {
  const args = ['console', '--json', '--no-open', '--api', pipeline.base];
  const cli = startCli(args, { cwd: '/', environment: { ...cloud.env, ...credentials } });
  const { stdout } = cli.process;
  if (stdout === null) throw new Error('it has no output');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  const { address } = JSON.parse(line) as { readonly address: string };
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  return {
    page,
    base: address.split('/#')[0] ?? '',
    errors,
    async [Symbol.asyncDispose]() {
      await context.close();
      cli.process.kill('SIGTERM');
      await cli.ended;
    },
  };
}
