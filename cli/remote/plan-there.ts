import { USUAL_WORKERS } from '../../lib/aws/names.ts';
import { awsPlanPolicy } from '../../lib/aws/policy.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { CopyRequest } from '../../lib/index.ts';
import { describeDestination } from '../../lib/local/destinations/kinds.ts';
import { planCost } from '../../lib/transfer/cost/plan-cost.ts';
import type { Egress } from '../../lib/transfer/cost/prices.ts';
import { PRICES } from '../../lib/transfer/cost/prices.ts';
import type { Workers } from '../../lib/transfer/cost/workers.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { stated } from '../../lib/values/stated.ts';
import { BadValue } from '../options/kinds/kind.ts';
import { rate } from '../options/kinds/numbers.ts';
import { localOptions } from '../options/request.ts';
import { costFacts } from '../output/cost.ts';
import { writePlan } from '../output/plan.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { Verb, VerbCall } from '../verb.ts';
import { DEPLOYMENT_EXTRAS, openDeployment } from './deployment.ts';
import { sayHome } from './with-deployment.ts';

const OF_A_DEPLOYMENT: NonNullable<Verb['extras']> = [
  { name: 'rate', placeholder: 'RATE', help: 'what each connection brings, in place of what is measured from here' },
  { name: 'nat', help: 'the deployment asks sources through a NAT gateway: its bytes are paid for' },
  { name: 'egress', placeholder: 'WHERE', help: 'the bytes leave the Region: region (to another one) or internet' },
];

export const PLAN_THERE_EXTRAS: NonNullable<Verb['extras']> = [
  { name: 'on-aws', help: 'what a deployment as the construct makes it would do, and what it costs' },
  ...OF_A_DEPLOYMENT,
  ...DEPLOYMENT_EXTRAS,
];

/** The deployment whose plan is asked for; `undefined` = this machine's is. @throws PieceworkError `InvalidOption` */
export async function findThere(call: VerbCall): Promise<Workers | undefined> {
  const { extras, context } = call;
  await using client = extras['on-aws'] === true ? undefined : await openDeployment(call);
  if (client !== undefined) {
    const service = await client.service({ signal: context.signal });
    if (service.home === 'aws') {
      sayHome(call, client);
      return { ...USUAL_WORKERS, ...service.workers };
    }
  }
  if (extras['on-aws'] === true) return USUAL_WORKERS;
  const foreign = OF_A_DEPLOYMENT.find(({ name }) => extras[name] !== undefined);
  if (foreign === undefined) return undefined;
  throw new PieceworkError(
    'InvalidOption',
    `--${foreign.name} is for what a deployment costs: name one with --stack NAME or --api URL, or give --on-aws`,
  );
}

/** What a deployment would do, how long it takes, and what it costs. */
export async function showPlanThere(call: VerbCall, workers: Workers, request: CopyRequest): Promise<void> {
  const { context, settings, extras } = call;
  const given = rateOf(extras['rate']);
  await using local = await context.openLocal(localOptions(settings));
  const policy = awsPlanPolicy(workers.pieceTimeoutSeconds * 1000);
  const report = await local.planFor({ policy, ...stated({ bytesPerSecond: given }) }, request, context.signal);
  if (report.destination.kind !== 's3')
    throw new PieceworkError(
      'InvalidDestination',
      'a deployment writes into buckets: DEST is s3://bucket/key or s3://bucket/prefix/',
    );
  const bytesPerSecond = given ?? report.bytesPerSecond;
  const planned = planCost(report.plan, {
    workers,
    parallelism: request.options?.parallelism ?? DEFAULT_OPTIONS.parallelism,
    nat: extras['nat'] === true,
    ...stated({ bytesPerSecond, egress: egressOf(extras['egress']) }),
  });
  if (settings.json === true) {
    const where = { destination: describeDestination(report.destination), locator: report.destination };
    return writeJson(context.stdout, { type: 'result', ...report, ...where, ...planned });
  }
  const { sizeBytes } = report.plan;
  const isMeasured = bytesPerSecond !== undefined;
  const isVerbose = settings.verbose === true;
  writePlan(call, report, '', costFacts(planned, { sizeBytes, isMeasured, isVerbose }));
}

function rateOf(given: string | boolean | undefined): number | undefined {
  if (typeof given !== 'string') return undefined;
  try {
    return rate(1).parse([given]);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new PieceworkError('InvalidOption', `--rate: ${error.message}`, { cause: error });
  }
}

function egressOf(given: string | boolean | undefined): Egress | undefined {
  if (typeof given !== 'string') return undefined;
  if (given in PRICES.egressGib) return given as Egress;
  throw new PieceworkError(
    'InvalidOption',
    `--egress: "${given}" is neither region (to another Region of AWS) nor internet`,
  );
}
